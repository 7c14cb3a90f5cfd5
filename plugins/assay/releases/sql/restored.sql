select release_id, operation
from {{ ledger }}.release_events
where zone = %(zone)s and event = 'restored' and operation is not null
order by happened_at desc
