select run_id from {{ ledger }}.run_lease where zone = %(zone)s
