insert into {{ ledger }}.load_files (
    load_id, path, etag, bytes, modified_at, status, rows_parsed, rows_loaded, errors, first_error, header
)
select
    %(load_id)s,
    item.value:path::varchar,
    item.value:etag::varchar,
    item.value:bytes::number(38, 0),
    item.value:modified_at::timestamp_ntz,
    item.value:status::varchar,
    item.value:rows_parsed::number(38, 0),
    item.value:rows_loaded::number(38, 0),
    item.value:errors::number(38, 0),
    item.value:first_error::varchar,
    item.value:header::varchar
from table(flatten(input => parse_json(%(items)s))) as item
