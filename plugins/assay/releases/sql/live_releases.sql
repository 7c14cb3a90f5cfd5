select zone, release_id
from {{ register }}.release_events
where
    zone in ({{ zones | literals }})
    and event in ('published', 'restored')
    and happened_at <= coalesce(%(as_of)s::timestamp_ntz, sysdate())
qualify row_number() over (partition by zone order by happened_at desc) = 1
