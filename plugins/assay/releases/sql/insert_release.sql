insert into {{ ledger }}.releases (release_id, zone, status, run_id, commit_sha, replaces, created_at, actor)
select %(release_id)s, %(zone)s, 'candidate', %(run_id)s, %(commit_sha)s, %(replaces)s, sysdate(), %(actor)s
