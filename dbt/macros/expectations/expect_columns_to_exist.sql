{# The columns exist, whatever their order and type; failing rows name the missing ones. #}
{% test expect_columns_to_exist(model, columns) %}
with expected as (
    {% for column in columns -%}
    select '{{ column | upper }}' as column_name
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

actual as (
    select column_name
    from {{ model.database }}.information_schema.columns
    where
        table_schema = '{{ model.schema | upper }}'
        and table_name = '{{ model.identifier | upper }}'
)

select expected.column_name as missing_column
from expected
left join actual on expected.column_name = actual.column_name
where actual.column_name is null
{% endtest %}
