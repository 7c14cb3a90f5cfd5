delete from {{ ledger }}.check_results where load_id = %(load_id)s
