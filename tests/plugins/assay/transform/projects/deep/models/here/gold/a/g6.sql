select * from {{ ref('g5') }} cross join {{ ref('base') }}
