{# By a node's path: the zone is the folder below dbt's own. #}
{% macro zone_of(node) -%}
    {{- return(node.original_file_path.split('/')[1]) -}}
{%- endmacro %}
