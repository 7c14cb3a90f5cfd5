{# Each content that a path of a source has had, and when a load brought it first. #}
select
    items.path,
    items.etag,
    items.modified_at,
    min(loads.landed_at) as landed_at
from {{ ledger }}.load_files as items
inner join {{ ledger }}.loads as loads on items.load_id = loads.load_id
where
    loads.zone = %(zone)s
    and loads.source = %(source)s
    and items.modified_at is not null
    and items.path in (select path.value::varchar from table(flatten(input => parse_json(%(paths)s))) as path)
group by 1, 2, 3
