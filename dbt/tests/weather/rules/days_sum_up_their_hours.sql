-- A day of weather is the sum of its published hours.
with hours as (
    select
        station_code,
        observed_date,
        count(*) as hours,
        sum(precipitation_mm) as precipitation_mm
    from {{ ref('hourly_weather') }}
    group by station_code, observed_date
)

select
    hours.station_code,
    hours.observed_date,
    hours.hours,
    days.hours_observed
from hours
full outer join {{ ref('daily_weather') }} as days
    on
        hours.station_code = days.station_code
        and hours.observed_date = days.observed_date
where
    hours.hours is distinct from days.hours_observed
    or hours.precipitation_mm is distinct from days.precipitation_mm
