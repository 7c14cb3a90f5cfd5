{% macro recorded_kinds() -%}
    {{- return(['model', 'seed', 'snapshot', 'test', 'unit_test']) -}}
{%- endmacro %}
