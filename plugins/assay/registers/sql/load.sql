select status, rows_landed, rows_approved, backfill
from {{ register }}.loads
where load_id = %(load_id)s
