select * from {{ ref('thin') }}
