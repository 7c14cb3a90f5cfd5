{# The same columns of each relation, named, so that none of them is taken for another. #}
{% macro union_columns(columns, relations) -%}
    {%- for relation in relations %}
select {{ columns | join(', ') }} from {{ relation }}
{{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
