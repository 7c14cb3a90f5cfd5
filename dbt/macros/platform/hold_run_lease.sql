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
