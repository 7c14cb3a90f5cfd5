{# A source's newest load, but for this one. #}
select load_id, status, fingerprint, problem, same_as, reason, finished_at
from {{ ledger }}.loads
where zone = %(zone)s and source = %(source)s and load_id <> %(load_id)s
order by landed_at desc
limit 1
