{#
  The approved rows an incremental model has not read yet. `_approved_at` is set when a transaction begins, so rows
  can become visible a little after a later one was read: `lookback_minutes` are read again, and the merge makes that
  harmless.
#}
{% macro only_newly_approved(lookback_minutes=60) -%}
    {%- if is_incremental() -%}
    where _approved_at > (
        select coalesce(dateadd(minute, -{{ lookback_minutes }}, max(_approved_at)), '1900-01-01'::timestamp_ntz)
        from {{ this }}
    )
    {%- endif -%}
{%- endmacro %}
