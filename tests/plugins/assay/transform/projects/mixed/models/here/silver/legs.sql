{{ config(materialized='incremental') }} select flight_id from {{ ref('flights') }}
