{#
  One run of a zone writes at a time: before dbt touches anything, its run renews the zone's lease, which a task of the
  run has taken, and made sure that no pod of another run is left (plugins/assay/leases). Only for pods of a run, which
  are given ASSAY_LEASE_SECONDS. The sentence is known to the task, which takes the lease when it is its run's turn.
#}
{% macro hold_run_lease() -%}
    {%- set seconds = env_var('ASSAY_LEASE_SECONDS', '') -%}
    {%- if not seconds -%}{{- return('') -}}{%- endif -%}
    {%- set zone = env_var('ASSAY_ZONE') -%}
    {%- set run_id = env_var('ASSAY_RUN_ID') -%}
    {%- set lease = target.database ~ '.LEDGER.RUN_LEASE' -%}
    {%- set merged = run_query(renew_run_lease(lease, zone, run_id, seconds | int)) -%}
    {%- if merged.rows[0].values() | map('int') | sum == 0 -%}
        {%- set held = run_query('select run_id from ' ~ lease ~ ' where zone = ' ~ text_literal(zone)).rows -%}
        {%- set holder = held[0][0] if held else none -%}
        {%- set why = 'pods of other runs may be left' if holder == run_id else 'run ' ~ holder ~ ' does' if held else 'no run does' -%}
        {%- do exceptions.raise_compiler_error(
            zone ~ ': run ' ~ run_id ~ " does not hold the zone's lease alone: " ~ why ~ '. It waits for its turn.'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro renew_run_lease(lease, zone, run_id, seconds) -%}
    merge into {{ lease }} as lease
    using (select {{ text_literal(zone) }} as zone, {{ text_literal(run_id) }} as run_id) as asking
        on lease.zone = asking.zone
    when matched and lease.run_id = asking.run_id and lease.alone_since is not null then
        update set renewed_at = sysdate(), ends_at = dateadd(second, {{ seconds }}, sysdate())
{%- endmacro %}


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
