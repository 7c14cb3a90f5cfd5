-- What the first page of a report shows is there: every day has legs, and some of them flew and have delays.
select
    flight_date,
    sum(legs_scheduled) as legs_scheduled,
    sum(legs_flown) as legs_flown,
    max(average_departure_delay_minutes) as worst_average_delay
from {{ ref('daily_punctuality') }}
group by flight_date
having
    coalesce(sum(legs_scheduled), 0) = 0
    or coalesce(sum(legs_flown), 0) = 0
    or max(average_departure_delay_minutes) is null
