delete from {{ ledger }}.loads where load_id = %(load_id)s
