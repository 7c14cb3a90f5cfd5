update {{ ledger }}.releases
set
    status = 'published',
    published_at = coalesce(published_at, sysdate()),
    ended_at = null,
    actor = %(actor)s,
    reason = %(reason)s
where release_id = %(release_id)s
