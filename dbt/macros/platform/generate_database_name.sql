{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {%- set placed = node is not none and node.resource_type != 'operation' -%}
    {{- return(zone_database(zone_of(node)) if placed else target.database) -}}
{%- endmacro %}
