{% macro tag_ledger_session() -%}
    {%- set tag = {
        'app': 'assay',
        'zone': env_var('ASSAY_ZONE', ''),
        'node': 'node_results',
        'run': env_var('ASSAY_RUN_ID', invocation_id),
        'task': env_var('ASSAY_TASK', ''),
        'commit': env_var('ASSAY_COMMIT', ''),
    } -%}
    {%- do run_query('alter session set query_tag = ' ~ text_literal(tojson(tag))) -%}
{%- endmacro %}
