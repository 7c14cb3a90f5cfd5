select * from {{ ref('legs') }}
