{# Of every macro that there is, those of dbt and its adapter included: which of them a node reaches shows when it runs. #}
{% macro macros_digest() -%}
    {%- set texts = [] -%}
    {%- for package in context if context[package] is mapping and package != 'context' -%}
        {%- for found in context[package].values() if found.macro is defined and found.macro.macro_sql is defined -%}
            {%- do texts.append([package, found.macro.name, found.macro.macro_sql]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(local_md5(tojson(texts | sort))) -}}
{%- endmacro %}
