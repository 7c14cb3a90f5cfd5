select source, load_id
from {{ ledger }}.loads
where
    zone = %(zone)s
    and status = 'approved'
    and rows_approved > 0
    and finished_at <= coalesce(%(as_of)s::timestamp_ntz, sysdate())
qualify row_number() over (partition by source order by finished_at desc, load_id) = 1
