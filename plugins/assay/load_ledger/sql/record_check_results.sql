insert into {{ ledger }}.check_results (
    load_id, zone, table_name, rule, column_name, severity, held, breaches, checked, sentence, checked_at
)
select
    %(load_id)s,
    %(zone)s,
    %(table_name)s,
    result.value:rule::varchar,
    result.value:column::varchar,
    result.value:severity::varchar,
    result.value:held::boolean,
    result.value:breaches::number(38, 0),
    result.value:checked::number(38, 0),
    result.value:sentence::varchar,
    sysdate()
from table(flatten(input => parse_json(%(results)s))) as result
