{#
  The load's rows by their key, the newest of each. A row takes the place of one that is not newer, in whatever order their loads
  come. One that is there already with the same values is left alone, so that what reads by `_approved_at` meets only what is
  new; a backfill touches every row of its keys, because meeting them again is what it is for.
#}
{% import 'macros.sql' as macros %}
merge into {{ approved }} as kept
using (
    {{ macros.newest(typed, columns, key, ordered_by) }}
) as loaded
on {{ macros.same_key(key) }}

when matched and {{ macros.not_older(ordered_by) }}{% if not backfill %} and (
    {% for name in values %}
    kept.{{ name | column }} is distinct from loaded.{{ name | column }}{{ " or" if not loop.last }}
    {% else %}
    false
    {% endfor %}
){% endif %} then update set
    {% for name in values %}
    {{ name | column }} = loaded.{{ name | column }},
    {% endfor %}
    _ordered_by = loaded._ordered_by,
    _load_id = {{ load_id | literal }},
    _approved_at = sysdate()
{% if backfill %}
when matched then update set _approved_at = sysdate()
{% endif %}
when not matched then insert (
    {{ columns | map(attribute='name') | map('column') | join(', ') }}, _ordered_by, _load_id, _approved_at
) values (
    {% for column in columns %}
    loaded.{{ column.name | column }},
    {% endfor %}
    loaded._ordered_by, {{ load_id | literal }}, sysdate()
)
