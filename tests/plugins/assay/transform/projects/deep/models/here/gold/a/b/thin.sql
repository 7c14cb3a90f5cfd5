{{ config(materialized='ephemeral') }} select * from {{ ref('g6') }} cross join {{ ref('numbers') }}
