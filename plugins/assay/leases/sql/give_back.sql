update {{ ledger }}.run_lease
set ends_at = sysdate()
where zone = %(zone)s and run_id = %(run_id)s and ends_at > sysdate()
