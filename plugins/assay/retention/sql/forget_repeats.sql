delete from {{ register }}.loads
where load_id in ({{ loads | literals }})
