select 5 as id from {{ source('approved', 'b') }}
