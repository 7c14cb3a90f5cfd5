delete from {{ ledger }}.verdicts
where load_id in ({{ loads | literals }})
