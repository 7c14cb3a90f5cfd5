{{ config(materialized='ephemeral') }} select * from {{ ref('planes') }}
