{# Expectations about values. Each selects the rows that break it, so that they can be kept and read. #}

{# Not null in any of several columns, in one pass over the table. #}
{% test expect_no_nulls(model, columns) %}
select *
from {{ model }}
where
    {% for column in columns -%}
    {{ column }} is null{% if not loop.last %} or {% endif %}
    {% endfor %}
{% endtest %}


{# Bounds are inclusive; leave one out for an open end. Nulls pass: add `expect_no_nulls` where they should not. #}
{% test expect_values_between(model, column_name, min_value=none, max_value=none) %}
{%- if min_value is none and max_value is none -%}
    {{- exceptions.raise_compiler_error('expect_values_between on ' ~ model ~ ' needs min_value, max_value or both') -}}
{%- endif %}
select *
from {{ model }}
where
    {% if min_value is not none -%}
    {{ column_name }} < {{ min_value }}
    {%- endif %}
    {%- if min_value is not none and max_value is not none %} or {% endif %}
    {%- if max_value is not none -%}
    {{ column_name }} > {{ max_value }}
    {%- endif %}
{% endtest %}


{# `tolerance_days` allows for a source in a time zone ahead of UTC. #}
{% test expect_no_future_dates(model, column_name, tolerance_days=0) %}
select *
from {{ model }}
where {{ column_name }} > dateadd(day, {{ tolerance_days }}, sysdate())
{% endtest %}


{# Values of a column match a regular expression from end to end. #}
{% test expect_values_to_match(model, column_name, pattern) %}
select *
from {{ model }}
where not regexp_like({{ column_name }}, '{{ pattern }}')
{% endtest %}


{# Any SQL condition that every row must meet; a null counts as not met. #}
{% test expect_expression(model, expression) %}
select *
from {{ model }}
where not coalesce({{ expression }}, false)
{% endtest %}


{# At most so many percent of the rows hold one value: for a fallback that is right now and then and wrong as a rule. #}
{% test expect_rows_with_value_at_most(model, column_name, value, percent) %}
with counted as (
    select
        count(*) as all_rows,
        count_if({{ column_name }} = '{{ value }}') as rows_with_value
    from {{ model }}
)

select *
from counted
where rows_with_value * 100 > {{ percent }} * all_rows
{% endtest %}


{# At least so many percent of the values that are there are known to another relation: `relationships` for real life. #}
{% test expect_mostly_known(model, column_name, to, field, percent) %}
with known as (
    select distinct {{ field }}
    from {{ to }}
),

counted as (
    select
        count(*) as all_rows,
        count(known.{{ field }}) as known_rows
    from {{ model }} as child
    left join known on child.{{ column_name }} = known.{{ field }}
    where child.{{ column_name }} is not null
)

select *
from counted
where known_rows * 100 < {{ percent }} * all_rows
{% endtest %}
