select * from {{ source('approved', 'src_planes') }}
