select
    loads.load_id,
    loads.source,
    loads.table_name,
    loads.status,
    loads.landed_at,
    loads.finished_at,
    loads.same_as,
    loads.rows_landed,
    count(items.load_id) as items
from {{ ledger }}.loads as loads
left join {{ ledger }}.load_files as items on loads.load_id = items.load_id
where loads.zone = %(zone)s
group by all
