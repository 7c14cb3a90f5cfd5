{# One that a person had checked again in the meantime stays. #}
delete from {{ ledger }}.loads
where load_id in ({{ loads | literals }}) and status {{ "=" if approved else "<>" }} 'approved'
