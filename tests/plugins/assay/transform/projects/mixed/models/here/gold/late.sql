select * from {{ ref('late_legs') }} cross join {{ ref('planes_once') }}
