select
    node_id,
    invocation_id,
    min(happened_at) as started_at,
    max(nullif(status, 'started')) as status,
    max(run_id) as run_id,
    max(checksum) as checksum,
    max(failures) as failures
from {{ ledger }}.node_results
group by node_id, invocation_id
order by started_at
