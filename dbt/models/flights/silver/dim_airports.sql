with airports as (
    select * from {{ ref('airports') }}
),

final as (
    select
        airport_code,
        airport_name,
        latitude,
        longitude,
        round(altitude_feet * 0.3048)::integer as altitude_m,
        utc_offset_hours,
        daylight_saving_rule,
        time_zone
    from airports
)

select * from final
