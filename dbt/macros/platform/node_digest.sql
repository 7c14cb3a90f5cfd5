{#
  A digest of a node: another whenever what dbt builds or tests of it may differ. dbt's own checksum is of a file's words
  with one space between them, so that a change inside a text literal is none to it, and knows no macro, no YAML and no
  version of dbt.

  plugins/assay/dbt_graph/digests.py makes the same digest from the manifest: what is changed here is changed there.
#}
{% macro node_digest(node, macros) -%}
    {%- set config = {} -%}
    {%- for key, value in node.config.items() if value is not none and key not in config_that_builds_nothing() -%}
        {%- do config.update({key: value}) -%}
    {%- endfor -%}
    {%- set columns = [] -%}
    {%- for column in (node.get('columns') or {}).values() -%}
        {%- do columns.append([column.name, column.get('data_type'), column.get('quote'), column.get('constraints')]) -%}
    {%- endfor -%}
    {%- set text = tojson([
        macros,
        dbt_version,
        node.get('raw_code'),
        node.checksum if node.checksum is string else node.checksum.checksum,
        node.get('alias'),
        config,
        columns,
        node.get('constraints'),
        node.get('test_metadata'),
        node.get('column_name'),
        parents_in_digest(node, macros),
    ], '', sort_keys=true) -%}
    {%- if not text -%}
        {%- do exceptions.raise_compiler_error(
            node.original_file_path ~ ': the config of ' ~ node.name ~ ' has a value that is neither text, number, list nor '
            ~ 'mapping; write it in quotes'
        ) -%}
    {%- endif -%}
    {{- return(local_md5(text)[:16]) -}}
{%- endmacro %}


{# Another name of a source's table, another version of a model, or another text of an ephemeral model is another text. #}
{% macro parents_in_digest(node, macros) -%}
    {%- set parents = [] -%}
    {%- for id in node.depends_on.nodes | unique | sort -%}
        {%- set parent = graph.nodes.get(id) or graph.sources.get(id) or {} -%}
        {%- if parent.get('config', {}).get('materialized') == 'ephemeral' -%}
            {%- do parents.append([id, node_digest(parent, macros)]) -%}
        {%- else -%}
            {%- do parents.append([id, parent.get('identifier') or parent.get('alias')]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(parents) -}}
{%- endmacro %}


{# Who may read the table, where it is computed and what is said of it. Database and schema are the platform's. #}
{% macro config_that_builds_nothing() -%}
    {{- return([
        'access', 'database', 'docs', 'enabled', 'group', 'meta', 'packages', 'persist_docs', 'query_tag', 'schema',
        'snowflake_warehouse', 'static_analysis', 'tags',
    ]) -}}
{%- endmacro %}
