{#
  The load's rows by their key. A row that is there already with the same values is left alone, so that what reads by
  `_approved_at` meets only what is new; a backfill touches every row, because meeting them again is what it is for.
#}
{% import 'macros.sql' as macros %}
merge into {{ approved }} as kept
using (
    with {{ macros.candidate(branch, columns, []) }}

    select {{ columns | map(attribute='name') | join(', ') }}
    from candidate
) as loaded
on {% for name in key %}kept.{{ name }} = loaded.{{ name }}{{ " and " if not loop.last }}{% endfor %}

when matched{% if not backfill and values %} and (
    {% for name in values %}
    kept.{{ name }} is distinct from loaded.{{ name }}{{ " or" if not loop.last }}
    {% endfor %}
){% endif %} then update set
    {% for name in values %}
    {{ name }} = loaded.{{ name }},
    {% endfor %}
    _load_id = {{ load_id | literal }},
    _approved_at = sysdate()
when not matched then insert (
    {{ columns | map(attribute='name') | join(', ') }}, _load_id, _approved_at
) values (
    {% for column in columns %}
    loaded.{{ column.name }},
    {% endfor %}
    {{ load_id | literal }}, sysdate()
)
