with approved as (
    select * from {{ source('weather_approved', 'src_weather') }}
),

final as (
    select
        origin as station_code,
        time_hour::timestamp_ntz as observed_at,
        date_from_parts(year, month, day) as observed_date,
        temp::float as temperature_fahrenheit,
        dewp::float as dew_point_fahrenheit,
        humid::float as relative_humidity_percent,
        wind_dir::integer as wind_direction_degrees,
        wind_speed::float as wind_speed_mph,
        wind_gust::float as wind_gust_mph,
        precip::float as precipitation_inches,
        pressure::float as pressure_hpa,
        visib::float as visibility_miles,
        _load_id,
        _approved_at::timestamp_ntz as _approved_at
    from approved
)

select * from final
