select * from {{ ref('planes', v=1) }} cross join {{ ref('planes') }}
