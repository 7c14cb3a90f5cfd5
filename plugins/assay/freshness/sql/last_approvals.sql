{# When the last load of each table was approved: by then its run had asked how old the table is. #}
select table_name, max(finished_at) as finished_at
from {{ ledger }}.loads
where zone = %(zone)s and status = 'approved'
group by table_name
