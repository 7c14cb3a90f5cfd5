{# One row for each breach that belongs to no single row: a file that cannot be read, a load that is too small. #}
insert into {{ quarantine }} (_load_id, {% if file_column %}{{ file_column }}, {% endif %}_reasons, _quarantined_at)
select
    {{ load_id | literal }},
    {% if file_column %}reason.value:file::varchar,{% endif %}
    reason.value:reason::varchar,
    sysdate()
from table(flatten(input => parse_json(%(reasons)s))) as reason
