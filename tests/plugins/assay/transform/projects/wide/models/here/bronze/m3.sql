select 3 as id from {{ source('approved', 'b') }}
