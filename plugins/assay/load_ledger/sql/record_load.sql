insert into {{ ledger }}.loads (
    load_id, zone, source, table_name, run_id, branch, status, rows_landed, rows_approved, rows_quarantined,
    backfill, fingerprint, landed_at
)
select
    %(load_id)s, %(zone)s, %(source)s, %(table_name)s, %(run_id)s, %(branch)s, 'landed', %(rows_landed)s, 0, 0,
    %(backfill)s, %(fingerprint)s, sysdate()
