insert into {{ ledger }}.loads (
    load_id, zone, source, table_name, run_id, branch, status, rows_landed, rows_approved, rows_quarantined, backfill,
    landed_at, finished_at
)
select %(load_id)s, %(zone)s, %(source)s, %(table_name)s, 'compacted', '', 'approved', 0, 0, 0, false, %(landed_at)s, sysdate()
where not exists (select 1 from {{ ledger }}.loads where load_id = %(load_id)s)
