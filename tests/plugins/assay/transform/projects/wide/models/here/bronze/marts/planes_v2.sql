select * from {{ source('approved', 'a') }}
