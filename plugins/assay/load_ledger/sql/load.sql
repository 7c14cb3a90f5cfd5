select load_id, status, rows_landed, rows_approved, backfill, same_as, reason, problem, finished_at
from {{ ledger }}.loads
where load_id = %(load_id)s
