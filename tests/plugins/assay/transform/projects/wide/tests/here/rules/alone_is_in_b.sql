select * from {{ source('approved', 'b') }} cross join {{ ref('alone') }}
