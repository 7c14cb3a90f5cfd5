{#
  A test, counted before its failing rows are kept. dbt's own writes a table for every test that passes, and makes two
  or three statements of one; here a passing test is one query, and only a failing one writes its rows to QUARANTINE.
#}
{% materialization test, adapter='snowflake' %}
    {%- do set_query_tag() -%}

    {% call statement('main', fetch_result=True) -%}
        {{ get_test_sql(
            sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), config.get('limit')
        ) }}
    {%- endcall %}

    {%- set relations = [] -%}
    {#- By position, because Snowflake answers in upper case: failures, should_warn, should_error. -#}
    {%- set _, should_warn, should_error = load_result('main').table.rows[0] -%}
    {%- if should_store_failures() and (should_warn or should_error) -%}
        {%- set failing_rows = api.Relation.create(
            database=database, schema=schema, identifier=model['alias'], type='table'
        ) -%}
        {% call statement('keep_failing_rows') -%}
            {{ create_table_as(False, failing_rows, sql) }}
        {%- endcall %}
        {%- do relations.append(failing_rows) -%}
    {%- endif -%}

    {{ return({'relations': relations}) }}
{% endmaterialization %}
