update {{ ledger }}.releases set inputs = parse_json(%(inputs)s) where release_id = %(release_id)s
