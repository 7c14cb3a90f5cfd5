select run_id, alone_since from {{ ledger }}.run_lease where zone = %(zone)s
