insert into {{ ledger }}.release_events (zone, release_id, event, happened_at, actor, reason, operation)
select %(zone)s, %(release_id)s, %(event)s, sysdate(), %(actor)s, %(reason)s, %(operation)s
