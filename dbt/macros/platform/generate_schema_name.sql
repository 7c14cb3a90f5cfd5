{#
  A node's path says where it is built:
      models/<zone>/<layer>/..., snapshots/<zone>/<layer>/...   ->  <ENV>_<ZONE>.<LAYER>
      seeds/<zone>/...                                          ->  <ENV>_<ZONE>.BRONZE
      every test's failing rows                                 ->  <ENV>_<ZONE>.QUARANTINE
  Gold is built in the release candidate, GOLD_NEXT; readers see it only once it is published. `dbt docs generate`
  describes what readers see, so there, and only there, gold is the live GOLD.
  Where ASSAY_REVIEW names a review (MR_42), its layers are schemas of its own: <ENV>_<ZONE>.MR_42_SILVER.
#}
{% macro generate_schema_name(custom_schema_name=none, node=none) -%}
    {%- set gold = 'GOLD' if flags.WHICH == 'generate' else 'GOLD_NEXT' -%}
    {%- set by_layer = {'bronze': 'BRONZE', 'silver': 'SILVER', 'gold': gold} -%}
    {%- if node is none or node.resource_type == 'operation' -%}
        {{- return(target.schema) -}}
    {%- elif node.resource_type == 'test' -%}
        {{- return(of_review() ~ 'QUARANTINE') -}}
    {%- elif node.resource_type == 'seed' -%}
        {{- return(of_review() ~ 'BRONZE') -}}
    {%- endif -%}
    {%- set layer = node.original_file_path.split('/')[2] -%}
    {%- if layer not in by_layer -%}
        {{- exceptions.raise_compiler_error(
            node.original_file_path ~ ': the folder "' ~ layer ~ '" is no layer; use bronze, silver or gold'
        ) -}}
    {%- endif -%}
    {{- return(of_review() ~ by_layer[layer]) -}}
{%- endmacro %}
