{#
  Failing rows share QUARANTINE with rows that broke a contract, so their tables are named for what they hold. Each version
  of a model has a table of its own: `legs_v2`, unless its config says `alias`.
#}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {%- set name = custom_alias_name or node.name -%}
    {%- if node.resource_type == 'test' -%}
        {{- return('DBT_TEST__' ~ name) -}}
    {%- elif node.version is defined and node.version is not none and not custom_alias_name -%}
        {{- return(name ~ '_v' ~ (node.version | string | replace('.', '_'))) -}}
    {%- endif -%}
    {{- return(name) -}}
{%- endmacro %}
