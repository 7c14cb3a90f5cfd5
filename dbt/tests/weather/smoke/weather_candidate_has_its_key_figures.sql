-- What other zones join on is there: every published hour has a condition, and a day is not without temperatures.
select
    observed_date,
    count(*) as hours,
    count(weather_condition) as hours_with_condition,
    count(temperature_c) as hours_with_temperature
from {{ ref('hourly_weather') }}
group by observed_date
having
    count(weather_condition) < count(*)
    or count(temperature_c) = 0
