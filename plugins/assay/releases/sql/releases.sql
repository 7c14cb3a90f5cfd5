select
    release_id, zone, status, run_id, commit_sha, replaces, created_at, published_at, ended_at, actor, reason,
    to_json(row_counts) as row_counts, to_json(inputs) as inputs
from {{ ledger }}.releases
where zone = %(zone)s
order by created_at desc, release_id
