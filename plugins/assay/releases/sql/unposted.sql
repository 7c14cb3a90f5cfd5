{# Rollbacks that no message has announced: by command while the chat server was away, or by a swap by hand. The form posts its own. #}
select restored.release_id, restored.actor, restored.reason, max(restored.happened_at) as happened_at
from {{ ledger }}.release_events as restored
left join {{ ledger }}.release_events as posted
    on
        posted.zone = restored.zone
        and posted.release_id = restored.release_id
        and posted.event = 'posted'
        and posted.happened_at >= restored.happened_at
where
    restored.zone = %(zone)s
    and restored.event = 'restored'
    and restored.operation is not null
    and not startswith(restored.operation, 'airflow ')
    and restored.happened_at between dateadd('day', -3, sysdate()) and dateadd('second', -%(being_posted)s, sysdate())
    and posted.zone is null
group by restored.release_id, restored.actor, restored.reason
order by happened_at
