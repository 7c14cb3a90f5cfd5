delete from {{ ledger }}.verdicts where load_id = %(load_id)s
