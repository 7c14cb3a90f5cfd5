select path, etag, bytes, status, rows_parsed, rows_loaded, errors, first_error, header
from {{ ledger }}.load_files
where load_id = %(load_id)s
order by path
