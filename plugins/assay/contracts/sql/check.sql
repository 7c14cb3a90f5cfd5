{# One row: how many rows there are, how many break each rule, and what the load as a whole measures. #}
{% import 'macros.sql' as macros %}
with {{ macros.candidate(typed, columns, key, macros.from_newest(ordered_by) if airbyte else none) }},

{{ macros.flagged(row_rules, columns, airbyte, ordered_by, key, approved_table) }}

select
    count(*) as checked
    {%- for rule in row_rules %},
    {% if rule.counts_values %}count(distinct iff({{ rule.flag }}, {{ rule.column | column }}, null)){% else %}count_if({{ rule.flag }}){% endif %} as {{ rule.flag }}
    {%- endfor %}
    {%- for rule in load_rules %},
    max({{ macros.measure(rule) }}) as {{ rule.flag }}
    {%- endfor %}

from flagged
