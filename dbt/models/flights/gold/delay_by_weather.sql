with legs as (
    select * from {{ ref('fct_legs') }}
),

airports as (
    select * from {{ ref('dim_airports') }}
),

weather as (
    select * from {{ source('weather', 'hourly_weather') }}
),

legs_in_weather as (
    select
        legs.flight_date,
        legs.origin_code,
        coalesce(weather.weather_condition, 'not observed') as weather_condition,
        legs.leg_status,
        legs.departure_delay_minutes,
        weather.visibility_km,
        weather.wind_speed_ms
    from legs
    left join weather
        on
            legs.origin_code = weather.station_code
            and date_trunc(hour, legs.scheduled_departure_at) = weather.observed_at
),

per_condition as (
    select
        flight_date,
        origin_code,
        weather_condition,
        count(*) as legs_scheduled,
        count_if(leg_status = 'cancelled') as legs_cancelled,
        count_if(departure_delay_minutes > 15) as legs_departed_late,
        round(avg(departure_delay_minutes), 2)::number(8, 2) as average_departure_delay_minutes,
        round(avg(visibility_km), 1)::number(6, 1) as average_visibility_km,
        round(avg(wind_speed_ms), 1)::number(6, 1) as average_wind_speed_ms
    from legs_in_weather
    group by flight_date, origin_code, weather_condition
),

final as (
    select
        per_condition.flight_date,
        per_condition.origin_code,
        airports.airport_name as origin_name,
        per_condition.weather_condition,
        per_condition.legs_scheduled,
        per_condition.legs_cancelled,
        per_condition.legs_departed_late,
        per_condition.average_departure_delay_minutes,
        per_condition.average_visibility_km,
        per_condition.average_wind_speed_ms
    from per_condition
    left join airports on per_condition.origin_code = airports.airport_code
)

select * from final
