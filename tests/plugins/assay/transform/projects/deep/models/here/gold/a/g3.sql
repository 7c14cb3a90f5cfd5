select * from {{ ref('g2') }} cross join {{ ref('base') }}
