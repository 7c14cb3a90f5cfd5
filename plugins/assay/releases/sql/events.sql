select release_id, event, happened_at, actor, reason, operation
from {{ register }}.release_events
where zone = %(zone)s and operation is not null
order by happened_at desc
