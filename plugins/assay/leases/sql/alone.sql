update {{ ledger }}.run_lease
set alone_since = sysdate()
where zone = %(zone)s and run_id = %(run_id)s and alone_since is null
