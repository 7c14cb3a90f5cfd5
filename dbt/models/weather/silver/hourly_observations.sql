{{ config(materialized='incremental', unique_key=['station_code', 'observed_at']) }}

with readings as (
    select *
    from {{ ref('weather_readings') }}
    {{ only_newly_approved() }}
),

{# No wind on earth has been measured above 253 mph: a higher reading is a broken instrument, not a wind. #}
plausible as (
    select
        *,
        iff(wind_speed_mph <= 253, wind_speed_mph, null) as plausible_wind_speed_mph
    from readings
),

final as (
    select
        station_code,
        observed_at,
        observed_date,
        {{ fahrenheit_to_celsius('temperature_fahrenheit') }} as temperature_c,
        {{ fahrenheit_to_celsius('dew_point_fahrenheit') }} as dew_point_c,
        relative_humidity_percent::number(5, 2) as relative_humidity_percent,
        wind_direction_degrees,
        round(plausible_wind_speed_mph * 0.44704, 1)::number(5, 1) as wind_speed_ms,
        round(wind_gust_mph * 0.44704, 1)::number(5, 1) as wind_gust_ms,
        round(precipitation_inches * 25.4, 1)::number(6, 1) as precipitation_mm,
        pressure_hpa::number(6, 1) as pressure_hpa,
        round(visibility_miles * 1.609344, 2)::number(6, 2) as visibility_km,
        _load_id,
        _approved_at
    from plausible
)

select * from final
