select * from {{ ref('m1') }} cross join {{ ref('m2') }} cross join {{ ref('m3') }} cross join {{ ref('m4') }}
