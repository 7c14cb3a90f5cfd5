{#
  The zone's ledger of node results, LEDGER.NODE_RESULTS: before dbt touches anything, a row `started` for each node and
  test that was selected, with its digest; at the end a row with the result of each. Rows are only added. What a killed pod leaves is a
  start without an end, and that is no result. plugins/assay/fitness says what follows from them.

  Run by on-run-start and on-run-end, on dbt's own connection. Not written in reviews, which have schemas of their own.
  Everything happens while a hook is rendered, where an error ends dbt; the hook itself has nothing to run.
#}
{% macro record_start() -%}
    {%- if not records_results() -%}{{- return('') -}}{%- endif -%}
    {%- do tag_ledger_session() -%}
    {%- do hold_run_lease() -%}
    {%- do build_own_candidate() -%}
    {%- set macros = macros_digest() -%}
    {%- do refuse_unfit_parents(macros) -%}
    {%- set rows = [] -%}
    {%- for id in selected_resources if id.split('.')[0] in recorded_kinds() -%}
        {%- set node = graph.nodes.get(id) or graph.unit_tests[id] -%}
        {%- if node.config.get('materialized') != 'ephemeral' -%}
            {%- do rows.append({'node': id, 'status': 'started', 'checksum': node_digest(node, macros)}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do add_results(rows) -%}
{%- endmacro %}


{% macro record_end(results) -%}
    {%- if not records_results() -%}{{- return('') -}}{%- endif -%}
    {%- set rows = [] -%}
    {%- set macros = macros_digest() -%}
    {%- for result in results if result.node.resource_type | string in recorded_kinds() -%}
        {%- set node = graph.nodes.get(result.node.unique_id) or graph.unit_tests[result.node.unique_id] -%}
        {%- if node.config.get('materialized') != 'ephemeral' -%}
            {%- do rows.append({
                'node': result.node.unique_id,
                'status': result.status | string,
                'checksum': node_digest(node, macros),
                'failures': result.failures,
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do add_results(rows) -%}
{%- endmacro %}


{% macro records_results() -%}
    {{- return(execute and not env_var('ASSAY_REVIEW', '')) -}}
{%- endmacro %}


{% macro recorded_kinds() -%}
    {{- return(['model', 'seed', 'snapshot', 'test', 'unit_test']) -}}
{%- endmacro %}


{% macro ledger_of_nodes() -%}
    {{- return(target.database ~ '.LEDGER.NODE_RESULTS') -}}
{%- endmacro %}


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


{% macro text_literal(text) -%}
    {{- return("'" ~ (text | replace('\\', '\\\\') | replace("'", "''")) ~ "'") -}}
{%- endmacro %}


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
