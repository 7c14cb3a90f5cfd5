{#
  `candidate` is what every rule is asked of: the contract's columns as their own types, each beside its landed value as
  `raw_<column>`. A value that does not convert is null there, and its raw one is not.
#}
{% macro converted(column) %}
{%- set value = 'landed.' ~ column.name -%}
{%- set family = column.type.family.value -%}
{%- if not column.landed -%}
    cast(null as {{ column.type.stored }})
{%- elif column.same_family -%}
    {%- if family == 'timestamp' and column.landed == 'TIMESTAMP_TZ' -%}
        cast(convert_timezone('UTC', {{ value }}) as timestamp_ntz)
    {%- else -%}
        cast({{ value }} as {{ column.type.stored }})
    {%- endif -%}
{%- else -%}
    {%- if column.landed != 'TEXT' -%}{%- set value = 'cast(' ~ value ~ ' as varchar)' -%}{%- endif -%}
    {%- if family == 'text' -%} {{ value }}
    {%- elif family in ('integer', 'number') -%}
        try_to_number({{ value }}, {{ column.type.precision }}, {{ column.type.scale }})
    {%- elif family == 'float' -%} try_to_double({{ value }})
    {%- elif family == 'boolean' -%} try_to_boolean({{ value }})
    {%- elif family == 'date' -%} try_to_date({{ value }})
    {%- elif family == 'timestamp' -%} try_to_timestamp_ntz({{ value }})
    {%- endif -%}
{%- endif -%}
{% endmacro %}

{% macro candidate(branch, columns, extras, key, newest=none) %}
typed as (
    select
        {% for column in columns %}
        {{ converted(column) }} as {{ column.name }},
        {{ 'landed.' ~ column.name if column.landed else 'cast(null as varchar)' }} as raw_{{ column.name }},
        {% endfor %}
        {% for extra in extras %}
        landed.{{ extra }},
        {% endfor %}
        1 as one
    from {{ branch }} as landed
),

{{ ordered(columns, key, newest) }}
{%- endmacro %}

{#
  The typed rows, each with `_copy`, which counts the rows that are equal to it in all that the contract knows: they are one.
  With `newest`, only the newest rows of each key, those that decide; rows without a key stay, to be judged.
#}
{% macro ordered(columns, key, newest) %}
candidate as (
    select
        typed.*,
        row_number() over (
            partition by {{ columns | map(attribute='name') | join(', ') }}, _ordered_by order by _ordered_by
        ) as _copy
    from typed
    {% if newest %}
    qualify
        rank() over (partition by {{ key | join(', ') }} order by {{ newest }}) = 1
        {% for name in key %}
        or {{ name }} is null
        {% endfor %}
    {% endif %}
)
{%- endmacro %}

{# From the newest row of a key to the oldest. #}
{% macro from_newest(ordered_by) -%}
{%- if ordered_by %}{{ ordered_by }} desc nulls last, {% endif %}_ordered_by desc
{%- endmacro %}

{# Whether Airbyte itself had to drop the value: it lands null, and the reason is in the record's metadata. #}
{% macro dropped(name) -%}
contains(upper(replace(cast(_airbyte_meta as varchar), ' ', '')), '"FIELD":"{{ name | upper }}"')
{%- endmacro %}

{% macro bound_value(rule, columns) -%}
{%- set family = (columns | selectattr('name', 'equalto', rule.column) | first).type.family.value -%}
{%- if family in ('date', 'timestamp') -%}
cast({{ rule.arguments.value | literal }} as {{ 'date' if family == 'date' else 'timestamp_ntz' }})
{%- else -%}
{{ rule.arguments.value | literal }}
{%- endif -%}
{%- endmacro %}

{# The condition under which a row breaks a rule. Null means it does not. #}
{% macro breach(rule, columns, airbyte, ordered_by) -%}
{%- set name = rule.column -%}
{%- set kind = rule.kind.value -%}
{%- if kind == 'required' -%}
    raw_{{ name }} is null{% if airbyte %} and not coalesce({{ dropped(name) }}, false){% endif %}
{%- elif kind == 'type' -%}
    {%- set column = columns | selectattr('name', 'equalto', name) | first -%}
    {%- if column.type.family.value == 'text' -%}
    length({{ name }}) > {{ column.type.length }}
    {%- else -%}
    (raw_{{ name }} is not null and {{ name }} is null)
    {%- if column.type.family.value == 'integer' and column.landed == 'TEXT' %} or {{ name }} <> try_to_double(raw_{{ name }}){% endif -%}
    {%- endif -%}
    {%- if airbyte %} or {{ dropped(name) }}{% endif -%}
{%- elif kind == 'key' -%}
    {% for key in rule.columns %}{{ key }} is not null and {% endfor -%}
    sum(iff(_copy = 1, 1, 0)) over (
        partition by {{ rule.columns | join(', ') }}, {% if ordered_by %}{{ ordered_by }}, {% endif %}_ordered_by
    ) > 1
{%- elif kind == 'unique' -%}
    {% for key in rule.columns %}{{ key }} is not null and {% endfor -%}
    count(*) over (partition by {{ rule.columns | join(', ') }}) > 1
{%- elif kind == 'minimum' -%} {{ name }} < {{ bound_value(rule, columns) }}
{%- elif kind == 'maximum' -%} {{ name }} > {{ bound_value(rule, columns) }}
{%- elif kind == 'above' -%} {{ name }} <= {{ bound_value(rule, columns) }}
{%- elif kind == 'below' -%} {{ name }} >= {{ bound_value(rule, columns) }}
{%- elif kind == 'shortest' -%} length({{ name }}) < {{ rule.arguments.value | literal }}
{%- elif kind == 'longest' -%} length({{ name }}) > {{ rule.arguments.value | literal }}
{%- elif kind == 'pattern' -%} not regexp_like({{ name }}, {{ ('^(' ~ rule.arguments.value ~ ')$') | literal }})
{%- elif kind == 'accepted' -%} {{ name }} not in ({{ rule.arguments['values'] | literals }})
{%- elif kind == 'holds' -%} not ({{ rule.arguments.condition }})
{%- endif -%}
{%- endmacro %}

{# A number that tells about the load as a whole. #}
{% macro measure(rule) -%}
{%- set kind = rule.kind.value -%}
{%- if kind == 'row_count' -%} (select count(*) from candidate)
{%- elif kind == 'age' -%} (select datediff('second', max({{ rule.column }}), sysdate()) from candidate)
{%- elif kind == 'query' -%} ({{ rule.arguments.query }})
{%- endif -%}
{%- endmacro %}

{% macro judged(rules, columns, airbyte, ordered_by) %}
judged as (
    select
        candidate.*,
        {% for rule in rules %}
        {{ breach(rule, columns, airbyte, ordered_by) }} as {{ rule.flag }}{{ "," if not loop.last }}
        {% endfor %}
    from candidate
)
{%- endmacro %}

{# One row for each key of the load: the newest. Those that are as new are equal, or the load would not be let through. #}
{% macro newest(branch, columns, key, ordered_by) %}
with {{ candidate(branch, columns, ['_ordered_by'], key) }}

    select {{ columns | map(attribute='name') | join(', ') }}, _ordered_by
    from candidate
    qualify row_number() over (partition by {{ key | join(', ') }} order by {{ from_newest(ordered_by) }}) = 1
{%- endmacro %}

{% macro same_key(key) -%}
{% for name in key %}kept.{{ name }} = loaded.{{ name }}{{ " and " if not loop.last }}{% endfor %}
{%- endmacro %}

{# Whether the loaded row may take the kept one's place. Rows of earlier versions have no order: every other is newer. #}
{% macro not_older(ordered_by) -%}
{%- set later = "loaded._ordered_by >= coalesce(kept._ordered_by, '')" -%}
{%- if ordered_by -%}
(
    kept.{{ ordered_by }} is null
    or loaded.{{ ordered_by }} > kept.{{ ordered_by }}
    or (loaded.{{ ordered_by }} = kept.{{ ordered_by }} and {{ later }})
)
{%- else -%}
{{ later }}
{%- endif -%}
{%- endmacro %}
