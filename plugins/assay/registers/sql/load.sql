with latest as (
    select zone, source, max(landed_at) as landed_at
    from {{ register }}.loads
    where status = 'approved'
    group by zone, source
)

select
    asked.status,
    asked.rows_landed,
    asked.rows_approved,
    asked.backfill,
    coalesce(latest.landed_at > asked.landed_at, false) as overtaken
from {{ register }}.loads as asked
left join latest on asked.zone = latest.zone and asked.source = latest.source
where asked.load_id = %(load_id)s
