select version, live, previous, applied, held_at, held_by, held_reason, held_operation
from {{ ledger }}.release_state
where zone = %(zone)s
order by version desc
