select * from {{ ref('late') }} join {{ ref('punctuality') }} using (x)
