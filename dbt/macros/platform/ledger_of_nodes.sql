{% macro ledger_of_nodes() -%}
    {{- return(target.database ~ '.LEDGER.NODE_RESULTS') -}}
{%- endmacro %}
