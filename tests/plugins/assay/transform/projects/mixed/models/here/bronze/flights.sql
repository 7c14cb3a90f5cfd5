select * from {{ source('approved', 'src_flights') }}
