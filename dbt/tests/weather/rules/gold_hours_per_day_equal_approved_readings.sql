-- Every approved reading of a day is published once, and nothing else is.
with approved as (
    select
        date_from_parts(year, month, day) as observed_date,
        count(*) as hours
    from {{ source('weather_approved', 'src_weather') }}
    group by observed_date
),

published as (
    select
        observed_date,
        count(*) as hours
    from {{ ref('hourly_weather') }}
    group by observed_date
)

select
    coalesce(approved.observed_date, published.observed_date) as observed_date,
    approved.hours as approved_hours,
    published.hours as published_hours
from approved
full outer join published on approved.observed_date = published.observed_date
where approved.hours is distinct from published.hours
