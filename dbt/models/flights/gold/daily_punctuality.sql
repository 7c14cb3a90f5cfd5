with legs as (
    select * from {{ ref('fct_legs') }}
),

carriers as (
    select
        carrier,
        name
    from {{ ref('carrier_history') }}
    where dbt_valid_to is null
),

airports as (
    select * from {{ ref('dim_airports') }}
),

per_route as (
    select
        flight_date,
        origin_code,
        destination_code,
        carrier_code,
        count(*) as legs_scheduled,
        count_if(leg_status = 'flown') as legs_flown,
        count_if(leg_status = 'diverted') as legs_diverted,
        count_if(leg_status = 'cancelled') as legs_cancelled,
        count_if(leg_status = 'flown' and arrival_delay_minutes <= 15) as legs_on_time,
        round(avg(departure_delay_minutes), 2)::number(8, 2) as average_departure_delay_minutes,
        round(avg(arrival_delay_minutes), 2)::number(8, 2) as average_arrival_delay_minutes
    from legs
    group by flight_date, origin_code, destination_code, carrier_code
),

final as (
    select
        per_route.flight_date,
        per_route.origin_code,
        per_route.destination_code,
        coalesce(airports.airport_name, per_route.destination_code) as destination_name,
        per_route.carrier_code,
        carriers.name as carrier_name,
        per_route.legs_scheduled,
        per_route.legs_flown,
        per_route.legs_diverted,
        per_route.legs_cancelled,
        per_route.legs_on_time,
        per_route.average_departure_delay_minutes,
        per_route.average_arrival_delay_minutes
    from per_route
    left join carriers on per_route.carrier_code = carriers.carrier
    left join airports on per_route.destination_code = airports.airport_code
)

select * from final
