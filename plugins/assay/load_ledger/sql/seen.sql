select
    loads.load_id,
    loads.status,
    loads.landed_at,
    items.path,
    items.etag,
    items.modified_at,
    items.rows_loaded
from {{ ledger }}.loads as loads
left join {{ ledger }}.load_files as items on loads.load_id = items.load_id
where
    loads.zone = %(zone)s
    and loads.source = %(source)s
    and (loads.status = 'approved' or loads.load_id = %(load_id)s)
