select * from {{ ref('g3') }} cross join {{ ref('base') }}
