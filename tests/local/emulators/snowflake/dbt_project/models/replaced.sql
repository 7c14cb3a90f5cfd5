{{ config(materialized='incremental', unique_key='leg_id', incremental_strategy='delete+insert') }}
select leg_id, name, distance from {{ ref('named_legs') }}
