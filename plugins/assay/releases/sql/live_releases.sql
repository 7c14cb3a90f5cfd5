select zone, release_id
from (
    {% for ledger in ledgers %}
    select zone, release_id, happened_at from {{ ledger }}.published
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}
) as published
where happened_at <= coalesce(%(as_of)s::timestamp_ntz, sysdate())
qualify row_number() over (partition by zone order by happened_at desc) = 1
