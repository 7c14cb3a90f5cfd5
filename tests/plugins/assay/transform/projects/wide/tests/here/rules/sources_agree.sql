select * from {{ source('approved', 'a') }} cross join {{ source('approved', 'b') }}
