{#
  Every statement carries the zone, the node, the run and the commit it belongs to, so that its cost can be charged.
  Read from the environment when the node runs and never in dbt_project.yml: what is read there must be the same in
  every run, or dbt parses the project again. Nothing resets the tag: each node sets its own, and the session ends
  with dbt.
#}
{% macro set_query_tag() -%}
    {%- set tag = {
        'app': 'assay',
        'zone': zone_of(model),
        'node': model.name,
        'run': env_var('ASSAY_RUN_ID', invocation_id),
        'task': env_var('ASSAY_TASK', ''),
        'commit': env_var('ASSAY_COMMIT', ''),
    } -%}
    {%- do run_query('alter session set query_tag = ' ~ text_literal(tojson(tag))) -%}
{%- endmacro %}
