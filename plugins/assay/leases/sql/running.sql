select query_id, query_tag
from table({{ database }}.information_schema.query_history_by_warehouse(
    warehouse_name => %(warehouse)s, result_limit => 10000
))
where user_name = %(user)s
    and upper(execution_status) not in ('SUCCESS', 'FAIL', 'INCIDENT', 'FAILED_WITH_ERROR', 'FAILED_WITH_INCIDENT')
