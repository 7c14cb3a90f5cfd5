update {{ ledger }}.releases
set commit_sha = %(commit_sha)s, replaces = %(replaces)s, created_at = sysdate(), actor = %(actor)s
where release_id = %(release_id)s
