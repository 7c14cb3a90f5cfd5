update {{ ledger }}.loads
set
    status = %(status)s,
    rows_approved = %(rows_approved)s,
    rows_quarantined = %(rows_quarantined)s,
    contract_version = %(contract_version)s,
    reason = %(reason)s,
    problem = %(problem)s,
    finished_at = sysdate()
where load_id = %(load_id)s
