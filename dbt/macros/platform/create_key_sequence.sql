{% macro create_key_sequence(sequence) -%}
    create sequence if not exists {{ sequence }}
{%- endmacro %}
