{{ config(materialized='table') }}
select name, sum(distance) as distance, count(*) as legs, array_agg(leg_id) within group (order by leg_id) as leg_ids
from {{ ref('merged') }}
group by name
qualify row_number() over (partition by name order by name) = 1
