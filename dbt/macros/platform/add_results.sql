{% macro add_results(rows) -%}
    {%- for some in rows | batch(1000) -%}
        {%- call statement('add_results') -%}
            insert into {{ ledger_of_nodes() }} (
                node_id, status, invocation_id, run_id, commit_sha, checksum, failures, happened_at
            )
            select
                item.value:node::varchar,
                item.value:status::varchar,
                '{{ invocation_id }}',
                {{ text_literal(env_var('ASSAY_RUN_ID', '')) }},
                {{ text_literal(env_var('ASSAY_COMMIT', '')) }},
                item.value:checksum::varchar,
                item.value:failures::number(38, 0),
                sysdate()
            from table(flatten(input => parse_json({{ text_literal(tojson(some)) }}))) as item
        {%- endcall -%}
    {%- endfor -%}
{%- endmacro %}
