-- Every approved flight of a day is counted in gold once, and nothing else is.
with approved as (
    select
        date_from_parts(year, month, day) as flight_date,
        count(*) as flights
    from {{ source('flights_approved', 'src_flights') }}
    group by flight_date
),

published as (
    select
        flight_date,
        sum(legs_scheduled) as flights
    from {{ ref('daily_punctuality') }}
    group by flight_date
)

select
    coalesce(approved.flight_date, published.flight_date) as flight_date,
    approved.flights as approved_flights,
    published.flights as published_flights
from approved
full outer join published on approved.flight_date = published.flight_date
where approved.flights is distinct from published.flights
