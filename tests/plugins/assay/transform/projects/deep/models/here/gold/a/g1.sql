select * from {{ ref('g0') }} cross join {{ ref('base') }}
