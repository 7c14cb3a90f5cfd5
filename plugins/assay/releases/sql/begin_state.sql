merge into {{ ledger }}.release_state as state
using (select %(zone)s as zone, %(live)s as live, %(previous)s as previous) as first_row
    on state.zone = first_row.zone
when not matched then
    insert (zone, version, live, previous, applied)
    values (first_row.zone, 0, first_row.live, first_row.previous, true)
