delete from {{ ledger }}.releases
where zone = %(zone)s and release_id in ({{ releases | literals }}) and status not in ('published', 'candidate')
