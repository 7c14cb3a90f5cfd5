{% macro text_literal(text) -%}
    {{- return("'" ~ (text | replace('\\', '\\\\') | replace("'", "''")) ~ "'") -}}
{%- endmacro %}
