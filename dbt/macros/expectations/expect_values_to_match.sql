{# Values of a column match a regular expression from end to end. #}
{% test expect_values_to_match(model, column_name, pattern) %}
select *
from {{ model }}
where not regexp_like({{ column_name }}, '{{ pattern }}')
{% endtest %}
