select
    user_name,
    role_name,
    query_text,
    start_time
from SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY
where execution_status ilike 'success'
    and start_time >= dateadd('day', -{{ days }}, current_timestamp())
    and query_type not in ('SELECT', 'INSERT', 'SHOW', 'DESCRIBE', 'COPY', 'MERGE', 'UPDATE', 'DELETE')
    and (
        query_text ilike '%grant%'
        or query_text ilike '%revoke%'
        or query_text ilike '%create%'
        or query_text ilike '%alter%'
        or query_text ilike '%drop%'
    )
order by start_time desc
limit {{ most }}
