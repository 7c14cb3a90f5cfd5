{# Of releases that are gone, and of those that an interrupted removal has left without one. #}
delete from {{ ledger }}.release_events
where
    zone = %(zone)s
    and happened_at <= %(before)s::timestamp_ntz
    and release_id not in (select release_id from {{ ledger }}.releases where zone = %(zone)s)
