with observations as (
    select * from {{ ref('hourly_observations') }}
),

final as (
    select
        station_code,
        observed_date,
        count(*) as hours_observed,
        min(temperature_c) as lowest_temperature_c,
        max(temperature_c) as highest_temperature_c,
        sum(precipitation_mm) as precipitation_mm,
        max(wind_speed_ms) as strongest_wind_ms,
        min(visibility_km) as lowest_visibility_km
    from observations
    group by station_code, observed_date
)

select * from final
