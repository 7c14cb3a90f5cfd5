delete from {{ quarantine }} where _load_id = {{ load_id | literal }}
