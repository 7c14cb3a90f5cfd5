with approved as (
    select * from {{ source('flights_approved', 'src_planes') }}
),

final as (
    select
        tailnum as tail_number,
        year::integer as manufactured_year,
        type as aircraft_type,
        manufacturer,
        model,
        engines::integer as engines,
        seats::integer as seats,
        engine as engine_type,
        _load_id,
        _approved_at::timestamp_ntz as _approved_at
    from approved
)

select * from final
