select 1 as id from {{ source('approved', 'b') }}
