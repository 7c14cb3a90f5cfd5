insert into {{ ledger }}.verdicts (
    load_id, zone, table_name, rule, column_name, severity, held, breaches, checked, sentence, judged_at
)
select
    %(load_id)s,
    %(zone)s,
    %(table_name)s,
    verdict.value:rule::varchar,
    verdict.value:column::varchar,
    verdict.value:severity::varchar,
    verdict.value:held::boolean,
    verdict.value:breaches::number(38, 0),
    verdict.value:checked::number(38, 0),
    verdict.value:sentence::varchar,
    sysdate()
from table(flatten(input => parse_json(%(verdicts)s))) as verdict
