select 4 as id from {{ source('approved', 'b') }}
