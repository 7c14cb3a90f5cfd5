{% macro records_results() -%}
    {{- return(execute and not env_var('ASSAY_REVIEW', '')) -}}
{%- endmacro %}
