update {{ ledger }}.run_lease
set candidate_of = %(candidate_of)s
where zone = %(zone)s and run_id = %(run_id)s
