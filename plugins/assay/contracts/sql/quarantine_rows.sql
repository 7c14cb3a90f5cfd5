{# The rows that break a rule, as they landed, with every reason. #}
{% import 'macros.sql' as macros %}
insert into {{ quarantine }} (
    {%- for column in columns %}{{ column.name | column }}, {% endfor %}{% for extra in extras %}{{ extra }}, {% endfor -%}
    _load_id, _reasons, _quarantined_at
)
with {{ macros.candidate(typed, columns, key, macros.from_newest(ordered_by) if airbyte else none) }},

{{ macros.flagged(rules, columns, airbyte, ordered_by, key, approved_table) }}

select
    {% for column in columns %}
    cast(_raw_{{ column.name }} as varchar),
    {% endfor %}
    {% for extra in extras %}
    {{ extra if extra == '_row' else 'cast(' ~ extra ~ ' as varchar)' }},
    {% endfor %}
    {{ load_id | literal }},
    substr(
        {% for rule in rules %}
        iff({{ rule.flag }}, {{ ('; ' ~ rule.says) | literal }}{% if rule.shows %} || coalesce(': ' || cast(_raw_{{ rule.column }} as varchar), ''){% endif %}, ''){{ " ||" if not loop.last }}
        {% endfor %},
        3
    ),
    sysdate()
from flagged
where
    {% for rule in rules %}
    {{ rule.flag }}{{ " or" if not loop.last }}
    {% endfor %}
