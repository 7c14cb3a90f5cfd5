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
