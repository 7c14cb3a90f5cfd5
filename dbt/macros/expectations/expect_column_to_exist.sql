{# One column, said on the column itself. #}
{% test expect_column_to_exist(model, column_name) %}
{{ test_expect_columns_to_exist(model, [column_name]) }}
{% endtest %}
