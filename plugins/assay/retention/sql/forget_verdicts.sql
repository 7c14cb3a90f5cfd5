delete from {{ register }}.verdicts
where load_id in ({{ loads | literals }})
