delete from {{ ledger }}.loads
where load_id in ({{ loads | literals }})
