{#
  What `dbt docs generate` reads of the warehouse. A zone's role sees its own database alone, so that is all that is
  asked for, and each zone is asked by its own role; see plugins/assay/transform/docs_site.py.
#}
{% macro snowflake__get_catalog(information_schema, schemas) -%}
    {%- if information_schema.database | upper == target.database | upper -%}
        {{- return(dbt.snowflake__get_catalog(information_schema, schemas)) -}}
    {%- endif -%}
    {#- Another zone's: the same columns, and no row. -#}
    {%- set home = target.database ~ '.INFORMATION_SCHEMA' -%}
    {%- set nothing -%}
        with tables as (
            {{ snowflake__get_catalog_tables_sql(home) }}
            where false
        ),
        columns as (
            {{ snowflake__get_catalog_columns_sql(home) }}
            where false
        )
        {{ snowflake__get_catalog_results_sql() }}
    {%- endset -%}
    {{- return(run_query(nothing)) -}}
{%- endmacro %}
