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
