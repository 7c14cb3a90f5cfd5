update {{ ledger }}.releases set row_counts = parse_json(%(row_counts)s) where release_id = %(release_id)s
