{% macro of_review() -%}
    {%- set review = env_var('ASSAY_REVIEW', '') -%}
    {{- return(review ~ '_' if review else '') -}}
{%- endmacro %}
