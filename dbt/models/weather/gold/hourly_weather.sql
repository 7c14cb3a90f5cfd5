with observations as (
    select * from {{ ref('hourly_observations') }}
),

final as (
    select
        station_code,
        observed_at,
        observed_date,
        temperature_c,
        relative_humidity_percent,
        wind_speed_ms,
        wind_gust_ms,
        precipitation_mm,
        pressure_hpa,
        visibility_km,
        case
            when precipitation_mm > 0 and temperature_c <= 0 then 'snow or ice'
            when precipitation_mm >= 2.5 then 'heavy rain'
            when visibility_km < 5 then 'low visibility'
            when precipitation_mm > 0 then 'rain'
            when wind_speed_ms >= 10.8 then 'strong wind'
            else 'fair'
        end as weather_condition
    from observations
)

select * from final
