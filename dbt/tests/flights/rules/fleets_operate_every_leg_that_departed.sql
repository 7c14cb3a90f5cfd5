-- A leg that departed was flown by one version of one aircraft: the join to dim_aircraft neither loses nor doubles it.
with departed as (
    select
        carrier_code,
        count(*) as legs
    from {{ ref('fct_legs') }}
    where leg_status <> 'cancelled'
    group by carrier_code
),

operated as (
    select
        carrier_code,
        sum(legs_operated) as legs
    from {{ ref('fleet_age') }}
    group by carrier_code
)

select
    coalesce(departed.carrier_code, operated.carrier_code) as carrier_code,
    departed.legs as departed_legs,
    operated.legs as operated_legs
from departed
full outer join operated on departed.carrier_code = operated.carrier_code
where departed.legs is distinct from operated.legs
