select 2 as id from {{ source('approved', 'b') }}
