{# Gold is built in the candidate of the run itself: a cleared task of an older run would write in another's. #}
{% macro build_own_candidate() -%}
    {%- set gold = [] -%}
    {%- for id in selected_resources if id.split('.')[0] in ('model', 'snapshot') and graph.nodes[id].fqn[2] == 'gold' -%}
        {%- do gold.append(id) -%}
    {%- endfor -%}
    {%- if not gold or not env_var('ASSAY_LEASE_SECONDS', '') -%}{{- return('') -}}{%- endif -%}
    {%- set zone = env_var('ASSAY_ZONE') -%}
    {%- set run_id = env_var('ASSAY_RUN_ID') -%}
    {%- set lease = target.database ~ '.LEDGER.RUN_LEASE' -%}
    {%- set found = run_query('select candidate_of from ' ~ lease ~ ' where zone = ' ~ text_literal(zone)).rows -%}
    {%- set owner = found[0][0] if found else none -%}
    {%- if owner != run_id -%}
        {%- do exceptions.raise_compiler_error(
            zone ~ ': GOLD_NEXT holds ' ~ ('the candidate of run ' ~ owner if owner else 'no candidate') ~ ', not of run '
            ~ run_id ~ '. Clear release.candidate of this run, with the tasks after it, to build its own.'
        ) -%}
    {%- endif -%}
{%- endmacro %}
