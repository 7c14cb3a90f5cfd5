select * from {{ ref('legs') }} join {{ ref('carrier_history') }} using (x)
