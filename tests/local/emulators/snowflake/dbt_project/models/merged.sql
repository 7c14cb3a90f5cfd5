{{ config(materialized='incremental', unique_key='leg_id', incremental_strategy='merge') }}
select leg_id, name, distance, current_timestamp()::timestamp_ntz as loaded_at
from {{ ref('named_legs') }}
{% if is_incremental() %} where leg_id >= (select max(leg_id) from {{ this }}) {% endif %}
