{#
  A node's path says where it is built:
      models/<zone>/<layer>/..., snapshots/<zone>/<layer>/...   ->  <ENV>_<ZONE>.<LAYER>
      seeds/<zone>/...                                          ->  <ENV>_<ZONE>.BRONZE
      every test's failing rows                                 ->  <ENV>_<ZONE>.QUARANTINE
  Gold is built in the release candidate, GOLD_NEXT; readers see it only once it is published. `dbt docs generate`
  describes what readers see, so there, and only there, gold is the live GOLD.
  Where ASSAY_REVIEW names a review (MR_42), its layers are schemas of its own: <ENV>_<ZONE>.MR_42_SILVER.
#}
{% macro zone_of(node) -%}
    {{- return(node.original_file_path.split('/')[1]) -}}
{%- endmacro %}


{% macro zone_database(zone) -%}
    {{- return((env_var('ASSAY_ENV', 'local') ~ '_' ~ zone) | upper) -}}
{%- endmacro %}


{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {%- set placed = node is not none and node.resource_type != 'operation' -%}
    {{- return(zone_database(zone_of(node)) if placed else target.database) -}}
{%- endmacro %}


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


{% macro of_review() -%}
    {%- set review = env_var('ASSAY_REVIEW', '') -%}
    {{- return(review ~ '_' if review else '') -}}
{%- endmacro %}


{#
  Failing rows share QUARANTINE with rows that broke a contract, so their tables are named for what they hold. Each version
  of a model has a table of its own: `legs_v2`, unless its config says `alias`.
#}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {%- set name = custom_alias_name or node.name -%}
    {%- if node.resource_type == 'test' -%}
        {{- return('DBT_TEST__' ~ name) -}}
    {%- elif node.version is defined and node.version is not none and not custom_alias_name -%}
        {{- return(name ~ '_v' ~ (node.version | string | replace('.', '_'))) -}}
    {%- endif -%}
    {{- return(name) -}}
{%- endmacro %}
