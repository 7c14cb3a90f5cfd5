{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns') }}
select leg_id, distance, '{{ invocation_id }}' as run_id from {{ ref('named_legs') }}
