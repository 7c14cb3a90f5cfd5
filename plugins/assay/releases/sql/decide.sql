update {{ ledger }}.release_state
set
    version = version + 1,
    live = %(live)s,
    previous = %(previous)s,
    applied = %(applied)s,
    held_at = case %(holding)s when 'set' then sysdate() when 'lift' then null else held_at end,
    held_by = case %(holding)s when 'set' then %(actor)s when 'lift' then null else held_by end,
    held_reason = case %(holding)s when 'set' then %(reason)s when 'lift' then null else held_reason end,
    held_operation = case %(holding)s when 'set' then %(operation)s when 'lift' then null else held_operation end
where zone = %(zone)s and version = %(version)s
