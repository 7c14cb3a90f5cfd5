delete from {{ ledger }}.load_files where load_id = %(load_id)s
