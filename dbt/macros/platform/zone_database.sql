{% macro zone_database(zone) -%}
    {{- return((env_var('ASSAY_ENV', 'local') ~ '_' ~ zone) | upper) -}}
{%- endmacro %}
