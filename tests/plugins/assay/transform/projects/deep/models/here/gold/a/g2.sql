select * from {{ ref('g1') }} cross join {{ ref('base') }}
