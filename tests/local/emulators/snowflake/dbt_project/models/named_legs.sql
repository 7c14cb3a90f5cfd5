{{ config(materialized='view') }}
with legs as (select * from {{ ref('legs') }}),

carriers as (select * from {{ ref('carriers') }}),

final as (
    select legs.leg_id, carriers.name, legs.distance
    from legs
    left join carriers on legs.code = carriers.code
)

select * from final
