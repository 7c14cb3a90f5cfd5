{% macro fahrenheit_to_celsius(column) -%}
    round(({{ column }} - 32) * 5 / 9, 1)::number(5, 1)
{%- endmacro %}
