{# Any SQL condition that every row must meet; a null counts as not met. #}
{% test expect_expression(model, expression) %}
select *
from {{ model }}
where not coalesce({{ expression }}, false)
{% endtest %}
