delete from {{ ledger }}.check_results
where load_id in ({{ loads | literals }})
