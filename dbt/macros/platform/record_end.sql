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
