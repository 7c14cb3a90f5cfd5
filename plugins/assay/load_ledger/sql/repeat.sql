update {{ ledger }}.loads
set status = 'refused', same_as = %(same_as)s, reason = %(reason)s, problem = %(problem)s, finished_at = sysdate()
where load_id = %(load_id)s
