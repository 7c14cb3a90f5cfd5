-- Two gold tables cut the same legs differently: by route and by weather. A day's legs must agree, on time or not.
with by_route as (
    select
        flight_date,
        origin_code,
        sum(legs_scheduled) as legs,
        sum(legs_cancelled) as cancelled
    from {{ ref('daily_punctuality') }}
    group by flight_date, origin_code
),

by_weather as (
    select
        flight_date,
        origin_code,
        sum(legs_scheduled) as legs,
        sum(legs_cancelled) as cancelled
    from {{ ref('delay_by_weather') }}
    group by flight_date, origin_code
)

select
    coalesce(by_route.flight_date, by_weather.flight_date) as flight_date,
    coalesce(by_route.origin_code, by_weather.origin_code) as origin_code,
    by_route.legs as legs_by_route,
    by_weather.legs as legs_by_weather
from by_route
full outer join by_weather
    on
        by_route.flight_date = by_weather.flight_date
        and by_route.origin_code = by_weather.origin_code
where
    by_route.legs is distinct from by_weather.legs
    or by_route.cancelled is distinct from by_weather.cancelled
