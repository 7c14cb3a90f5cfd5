{{ config(materialized='incremental', unique_key='leg_id') }}

with flight_records as (
    select *
    from {{ ref('flight_records') }}
    {{ only_newly_approved() }}
),

final as (
    select
        flight_id as leg_id,
        flight_date,
        carrier_code,
        flight_number,
        tail_number,
        origin_code,
        destination_code,
        scheduled_departure_at,
        dateadd(minute, departure_delay_minutes, scheduled_departure_at) as departed_at,
        departure_delay_minutes,
        arrival_delay_minutes,
        air_time_minutes,
        round(distance_miles * 1.609344, 1)::number(8, 1) as distance_km,
        case
            when departure_delay_minutes is null then 'cancelled'
            when arrival_delay_minutes is null then 'diverted'
            else 'flown'
        end as leg_status,
        _load_id,
        _approved_at
    from flight_records
)

select * from final
