with approved as (
    select * from {{ source('flights_approved', 'src_flights') }}
),

final as (
    select
        flight_id,
        date_from_parts(year, month, day) as flight_date,
        carrier as carrier_code,
        flight::integer as flight_number,
        nullif(trim(tailnum), '') as tail_number,
        origin as origin_code,
        dest as destination_code,
        dateadd(minute, minute::integer, time_hour::timestamp_ntz) as scheduled_departure_at,
        dep_delay::integer as departure_delay_minutes,
        arr_delay::integer as arrival_delay_minutes,
        air_time::integer as air_time_minutes,
        distance::integer as distance_miles,
        updated_at::timestamp_ntz as updated_at,
        _load_id,
        _approved_at::timestamp_ntz as _approved_at
    from approved
)

select * from final
