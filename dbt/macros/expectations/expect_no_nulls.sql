{# Not null in any of several columns, in one pass over the table. #}
{% test expect_no_nulls(model, columns) %}
select *
from {{ model }}
where
    {% for column in columns -%}
    {{ column }} is null{% if not loop.last %} or {% endif %}
    {% endfor %}
{% endtest %}
