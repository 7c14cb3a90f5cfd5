select * from {{ ref('g4') }} cross join {{ ref('base') }}
