with legs as (
    select * from {{ ref('fct_legs') }}
),

aircraft as (
    select * from {{ ref('dim_aircraft') }}
),

carriers as (
    select
        carrier,
        name
    from {{ ref('carrier_history') }}
    where dbt_valid_to is null
),

{# The version of the aircraft that held when the leg was due to depart. #}
flown as (
    select
        legs.carrier_code,
        legs.tail_number,
        aircraft.aircraft_key,
        aircraft.seats,
        coalesce(aircraft.manufacturer, 'not registered') as manufacturer,
        year(legs.flight_date) - aircraft.manufactured_year as age_years
    from legs
    left join aircraft
        on
            legs.tail_number = aircraft.tail_number
            and legs.scheduled_departure_at >= aircraft.valid_from
            and (legs.scheduled_departure_at < aircraft.valid_to or aircraft.valid_to is null)
    where legs.leg_status <> 'cancelled'
),

final as (
    select
        flown.carrier_code,
        carriers.name as carrier_name,
        flown.manufacturer,
        count(distinct flown.aircraft_key) as registered_aircraft,
        count(distinct flown.tail_number) as aircraft_flown,
        count(*) as legs_operated,
        round(avg(flown.age_years), 1)::number(6, 1) as average_age_years,
        round(avg(flown.seats), 1)::number(6, 1) as average_seats
    from flown
    left join carriers on flown.carrier_code = carriers.carrier
    group by flown.carrier_code, carriers.name, flown.manufacturer
)

select * from final
