{#
  `candidate` is what every rule is asked of: the typed rows (`convert.sql`), each with `_copy`, which counts the rows that are
  equal to it in all that the contract knows: they are one. With `newest`, only the newest rows of each key, those that decide;
  rows without a key stay, to be checked.
#}
{% macro candidate(typed, columns, key, newest=none) %}
candidate as (
    select
        typed.*,
        row_number() over (
            partition by {{ columns | map(attribute='name') | map('column') | join(', ') }}, _ordered_by order by _ordered_by
        ) as _copy
    from {{ typed }} as typed
    {% if newest %}
    qualify
        rank() over (partition by {{ key | map('column') | join(', ') }} order by {{ newest }}) = 1
        {% for name in key %}
        or {{ name | column }} is null
        {% endfor %}
    {% endif %}
)
{%- endmacro %}

{# From the newest row of a key to the oldest. #}
{% macro from_newest(ordered_by) -%}
{%- if ordered_by %}{{ ordered_by | column }} desc nulls last, {% endif %}_ordered_by desc
{%- endmacro %}

{# Whether Airbyte itself had to drop the value: it lands null, and the reason is in the record's metadata. #}
{% macro dropped(column) -%}
contains(upper(replace(cast(_airbyte_meta as varchar), ' ', '')), {{ ('"FIELD":"' ~ (column.column.source | upper | replace(' ', '')) ~ '"') | literal }})
{%- endmacro %}

{% macro bound_value(rule, columns) -%}
{%- set type = (columns | selectattr('name', 'equalto', rule.column) | first).column.type -%}
{%- if type.family.value in ('date', 'timestamp', 'instant') -%}
cast({{ rule.arguments.value | literal }} as {{ type.stored }})
{%- else -%}
{{ rule.arguments.value | literal }}
{%- endif -%}
{%- endmacro %}

{# The condition under which a row breaks a rule. Null means it does not. #}
{% macro breach(rule, columns, airbyte, ordered_by) -%}
{%- set name = rule.column -%}
{%- set value = (name or "") | column -%}
{%- set kind = rule.kind.value -%}
{%- set column = columns | selectattr('name', 'equalto', name) | first -%}
{%- if kind == 'required' -%}
    {% if rule.arguments.get('values') %}({{ value }} in ({{ rule.arguments['values'] | literals }}) or _raw_{{ name }} is null){% else %}_raw_{{ name }} is null{% endif %}
    {%- if airbyte %} and not coalesce({{ dropped(column) }}, false){% endif %}
{%- elif kind == 'type' -%}
    {%- if column.column.type.length is not none -%} length({{ value }}) > {{ column.column.type.length }}
    {%- else -%} _raw_{{ name }} is not null and {{ value }} is null
    {%- endif -%}
    {%- if airbyte %} or {{ dropped(column) }}{% endif -%}
{%- elif kind == 'key' -%}
    {% for key in rule.columns %}{{ key | column }} is not null and {% endfor -%}
    sum(iff(_copy = 1, 1, 0)) over (
        partition by {{ rule.columns | map('column') | join(', ') }}, {% if ordered_by %}{{ ordered_by | column }}, {% endif %}_ordered_by
    ) > 1
{%- elif kind == 'unique' -%}
    {%- if rule.of_table %} clash{{ rule.flag }}._clashes is not null
    {%- else %}
    {% for key in rule.columns %}{{ key | column }} is not null and {% endfor -%}
    count(*) over (partition by {{ rule.columns | map('column') | join(', ') }}) > 1
    {%- endif %}
{%- elif kind == 'minimum' -%} {{ value }} < {{ bound_value(rule, columns) }}
{%- elif kind == 'maximum' -%} {{ value }} > {{ bound_value(rule, columns) }}
{%- elif kind == 'above' -%} {{ value }} <= {{ bound_value(rule, columns) }}
{%- elif kind == 'below' -%} {{ value }} >= {{ bound_value(rule, columns) }}
{%- elif kind == 'shortest' -%} length({{ value }}) < {{ rule.arguments.value | literal }}
{%- elif kind == 'longest' -%} length({{ value }}) > {{ rule.arguments.value | literal }}
{%- elif kind == 'pattern' -%} regexp_instr({{ value }}, {{ rule.arguments.value | literal }}) = 0
{%- elif kind == 'accepted' -%} {{ value }} not in ({{ rule.arguments['values'] | literals }})
{%- elif kind == 'holds' -%} not ({{ rule.arguments.condition }})
{%- endif -%}
{%- endmacro %}

{# A number that tells about the load as a whole. #}
{% macro measure(rule) -%}
{%- set kind = rule.kind.value -%}
{%- if kind == 'row_count' -%} (select count(*) from candidate)
{%- elif kind == 'age' -%} (select datediff('second', max({{ rule.column | column }}), sysdate()) from candidate)
{%- elif kind == 'query' -%} ({{ rule.arguments.query }})
{%- endif -%}
{%- endmacro %}

{#
  The values that would be in the approved table under two keys after the load: what the load brings to it (`applied`: of each key
  the newest row, where the table has no newer one), with what stays there. `approved` is none where there is no table yet.
#}
{% macro clashes(rules, key, ordered_by, approved) %}
{% set asked = rules | selectattr('of_table') | list %}
{% if asked %}
latest as (
    select *
    from candidate
    qualify row_number() over (partition by {{ key | map('column') | join(', ') }} order by {{ from_newest(ordered_by) }}) = 1
),

applied as (
    select loaded.*
    from latest as loaded
    {% if approved %}
    left join {{ approved }} as kept on {{ same_key(key) }}
    where kept.{{ key[0] | column }} is null or {{ not_older(ordered_by) }}
    {% endif %}
),

{% for rule in asked %}
{% set values = rule.columns | map('column') | list %}
clash{{ rule.flag }} as (
    select {% for value in values %}{{ value }} as _value_{{ loop.index }}, {% endfor %}count(*) as _clashes
    from (
        select {{ values | join(', ') }} from applied
        {% if approved %}
        union all
        select kept.{{ values | join(', kept.') }}
        from {{ approved }} as kept
        join (select distinct {{ values | join(', ') }} from applied) as brought
            on {% for value in values %}kept.{{ value }} = brought.{{ value }}{{ " and " if not loop.last }}{% endfor %}

        left join applied as loaded on {{ same_key(key) }}
        where loaded.{{ key[0] | column }} is null
        {% endif %}
    ) as held
    where {% for value in values %}{{ value }} is not null{{ " and " if not loop.last }}{% endfor %}
    group by {{ values | join(', ') }}
    having count(*) > 1
),

{% endfor %}
{% endif %}
{% endmacro %}

{% macro flagged(rules, columns, airbyte, ordered_by, key, approved) %}
{{ clashes(rules, key, ordered_by, approved) }}
flagged as (
    select
        candidate.*,
        {% for rule in rules %}
        {{ breach(rule, columns, airbyte, ordered_by) }} as {{ rule.flag }}{{ "," if not loop.last }}
        {% endfor %}
    from candidate
    {% for rule in rules if rule.of_table %}
    {% set clash = 'clash' ~ rule.flag %}
    left join {{ clash }} on {% for name in rule.columns %}{{ clash }}._value_{{ loop.index }} = candidate.{{ name | column }}{{ " and " if not loop.last }}{% endfor %}

    {% endfor %}
)
{%- endmacro %}

{# One row for each key of the load: the newest. Those that are as new are equal, or the load would not be approved. #}
{% macro newest(typed, columns, key, ordered_by) %}
    select {{ columns | map(attribute='name') | map('column') | join(', ') }}, _ordered_by
    from {{ typed }}
    qualify row_number() over (partition by {{ key | map('column') | join(', ') }} order by {{ from_newest(ordered_by) }}) = 1
{%- endmacro %}

{% macro same_key(key) -%}
{% for name in key %}kept.{{ name | column }} = loaded.{{ name | column }}{{ " and " if not loop.last }}{% endfor %}
{%- endmacro %}

{# Whether the loaded row may take the kept one's place. Rows of earlier versions have no order: every other is newer. #}
{% macro not_older(ordered_by) -%}
{%- set later = "loaded._ordered_by >= coalesce(kept._ordered_by, '')" -%}
{%- if ordered_by -%}
(
    kept.{{ ordered_by | column }} is null
    or loaded.{{ ordered_by | column }} > kept.{{ ordered_by | column }}
    or (loaded.{{ ordered_by | column }} = kept.{{ ordered_by | column }} and {{ later }})
)
{%- else -%}
{{ later }}
{%- endif -%}
{%- endmacro %}
