update {{ ledger }}.releases
set status = %(status)s, ended_at = sysdate(), actor = %(actor)s, reason = %(reason)s
where release_id = %(release_id)s
