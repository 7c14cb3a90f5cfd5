select table_name, max(finished_at) as approved_at
from {{ ledger }}.loads
where zone = %(zone)s and status = 'approved' and rows_approved > 0
group by table_name
