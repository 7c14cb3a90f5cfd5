delete from {{ ledger }}.node_results
using (
    with attempts as (
        select
            node_id,
            invocation_id,
            min(happened_at) as started_at,
            max(nullif(status, 'started')) as status
        from {{ ledger }}.node_results
        group by node_id, invocation_id
    ),

    latest as (
        select node_id, max(started_at) as started_at
        from attempts
        where status <> 'skipped'
        group by node_id
    )

    select attempts.node_id, attempts.invocation_id
    from attempts
    inner join latest on attempts.node_id = latest.node_id
    where attempts.started_at < latest.started_at
) as replaced
where
    node_results.node_id = replaced.node_id
    and node_results.invocation_id = replaced.invocation_id
