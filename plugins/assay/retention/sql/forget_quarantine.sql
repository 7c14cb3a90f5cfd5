delete from {{ quarantine }} where _load_id in ({{ loads | literals }})
