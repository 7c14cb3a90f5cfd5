delete from {{ register }}.load_files
where load_id in ({{ loads | literals }})
