{#
  The syncs whose records are in a stream's table. Airbyte counts its syncs from 1 again when it is installed again, and their
  generations from 0: only together with the time of extraction they say which sync it was. `before` are the records that
  were extracted until `known` says that an approved load has them; loads of earlier versions did not record the generation.
#}
with known as (
    select
        sync.value:sync::varchar as sync_id,
        sync.value:generation::varchar as generation,
        sync.value:until::timestamp_ntz as known_until
    from table(flatten(input => parse_json({{ known | literal }}))) as sync
),

extracted as (
    select
        coalesce(_airbyte_meta:sync_id::varchar, 'none') as sync_id,
        {{ "coalesce(cast(_airbyte_generation_id as varchar), 'none')" if has_generations else "'none'" }} as generation,
        cast(convert_timezone('UTC', _airbyte_extracted_at) as timestamp_ntz) as extracted_at
    from {{ stream }}
)

select
    extracted.sync_id,
    extracted.generation,
    min(extracted.extracted_at) as first,
    max(extracted.extracted_at) as last,
    count(*) as records,
    count_if(extracted.extracted_at is null) as unknown,
    count_if(extracted.extracted_at <= coalesce(known.known_until, earlier.known_until)) as before
from extracted
left join known on extracted.sync_id = known.sync_id and extracted.generation = known.generation
left join known as earlier on extracted.sync_id = earlier.sync_id and earlier.generation is null
group by extracted.sync_id, extracted.generation
order by last, sync_id
