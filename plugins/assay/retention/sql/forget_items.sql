delete from {{ ledger }}.load_files
where load_id in ({{ loads | literals }})
