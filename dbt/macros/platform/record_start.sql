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
