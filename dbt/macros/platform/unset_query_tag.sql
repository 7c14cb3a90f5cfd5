{% macro unset_query_tag(original_query_tag) -%}
{%- endmacro %}
