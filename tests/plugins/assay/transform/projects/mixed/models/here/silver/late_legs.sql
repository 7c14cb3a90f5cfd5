{{ config(materialized='ephemeral') }} select * from {{ ref('legs') }}
