{# What the loads brought, under one load's name; the next load asks for it. Only what describes a fault goes. #}
update {{ ledger }}.load_files
set load_id = {{ compact | literal }}, first_error = null, header = null
where load_id in ({{ loads | literals }})
