select _airbyte_meta:sync_id::number(38, 0) as sync_id, count(*) as records
from {{ stream }}
group by 1
order by 1
