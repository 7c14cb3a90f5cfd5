{{ config(materialized='table') }}
select
    column1::int as leg_id,
    column2::varchar as code,
    column3::number(10, 2) as distance,
    current_timestamp()::timestamp_ntz as seen_at
from values (1, 'AA', 10.5), (2, 'UA', 20.25), (3, 'DL', 30), (4, 'AA', 1.25)
