with approved as (
    select * from {{ source('flights_approved', 'src_airports') }}
),

final as (
    select
        faa as airport_code,
        name as airport_name,
        lat::float as latitude,
        lon::float as longitude,
        alt::integer as altitude_feet,
        tz::integer as utc_offset_hours,
        dst as daylight_saving_rule,
        nullif(tzone, '') as time_zone,
        _load_id,
        _approved_at::timestamp_ntz as _approved_at
    from approved
)

select * from final
