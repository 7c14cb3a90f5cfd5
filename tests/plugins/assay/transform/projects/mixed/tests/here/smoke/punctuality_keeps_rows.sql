select * from {{ ref('punctuality') }} where false
