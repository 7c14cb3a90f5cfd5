select count(*) as flights from {{ ref('legs') }} cross join {{ ref('flights') }} cross join {{ ref('carrier_history') }}
