update {{ ledger }}.releases
set status = 'refused', ended_at = sysdate(), actor = %(actor)s, reason = %(reason)s
where release_id = %(release_id)s and status = 'candidate'
