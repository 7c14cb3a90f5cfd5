{#
  One run of a zone writes at a time: before dbt touches anything, its run takes the zone's lease, or renews it, as every
  other task of the run does (plugins/assay/leases). Only for pods of a run, which are given ASSAY_LEASE_SECONDS. The
  sentence is known to the task, which waits for its turn.
#}
{% macro hold_run_lease() -%}
    {%- set seconds = env_var('ASSAY_LEASE_SECONDS', '') -%}
    {%- if not seconds -%}{{- return('') -}}{%- endif -%}
    {%- set zone = env_var('ASSAY_ZONE') -%}
    {%- set run_id = env_var('ASSAY_RUN_ID') -%}
    {%- set lease = target.database ~ '.LEDGER.RUN_LEASE' -%}
    {%- set merged = run_query(take_run_lease(lease, zone, run_id, seconds | int)) -%}
    {%- if merged.rows[0].values() | map('int') | sum == 0 -%}
        {%- set holder = run_query('select run_id from ' ~ lease ~ ' where zone = ' ~ text_literal(zone)) -%}
        {%- do exceptions.raise_compiler_error(
            zone ~ ': run ' ~ holder.rows[0][0] ~ ' writes in the zone now. Run ' ~ run_id ~ ' waits until that one has ended.'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro take_run_lease(lease, zone, run_id, seconds) -%}
    merge into {{ lease }} as lease
    using (select {{ text_literal(zone) }} as zone, {{ text_literal(run_id) }} as run_id) as asking
        on lease.zone = asking.zone
    when matched and (lease.run_id = asking.run_id or lease.ends_at <= sysdate()) then
        update set
            taken_at = iff(lease.run_id = asking.run_id, lease.taken_at, sysdate()),
            run_id = asking.run_id,
            renewed_at = sysdate(),
            ends_at = dateadd(second, {{ seconds }}, sysdate())
    when not matched then
        insert (zone, run_id, taken_at, renewed_at, ends_at)
        values (asking.zone, asking.run_id, sysdate(), sysdate(), dateadd(second, {{ seconds }}, sysdate()))
{%- endmacro %}
