{#
  The records that no approved load covers, and those of the days that are taken again. Which of two records of a key counts
  is decided when the load is approved, by `_ordered_by`.
#}
create or replace transient table {{ load_table }} as
with pending as (
    select
        sync.value:sync::varchar as _pending_sync,
        sync.value:generation::varchar as _pending_generation,
        sync.value:after::timestamp_ntz as _pending_after
    from table(flatten(input => parse_json({{ pending | literal }}))) as sync
),

records as (
    select
        *,
        coalesce(_airbyte_meta:sync_id::varchar, 'none') as _assay_sync,
        {{ "coalesce(cast(_airbyte_generation_id as varchar), 'none')" if has_generations else "'none'" }} as _assay_generation,
        cast(convert_timezone('UTC', _airbyte_extracted_at) as timestamp_ntz) as _assay_extracted_at
    from {{ stream }}
)

select
    {% for column in columns %}
    {{ column | quoted }},
    {% endfor %}
    _airbyte_raw_id,
    _airbyte_extracted_at,
    _airbyte_meta,
    to_varchar(_assay_extracted_at, 'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"')
    || ' ' || lpad(_assay_generation, 20, '0') || ' ' || lpad(_assay_sync, 20, '0') as _ordered_by
from records
left join pending
    on
        _assay_sync = _pending_sync
        and _assay_generation = _pending_generation
        and (_pending_after is null or _assay_extracted_at > _pending_after)
where
    _pending_sync is not null
    {% if window %}
    or ({{ day }}) between {{ window.first | literal }}::date and {{ window.last | literal }}::date
    {% endif %}
