{# One that a person had judged again in the meantime stays. #}
delete from {{ ledger }}.loads
where load_id in ({{ loads | literals }}) and status {{ "=" if approved else "<>" }} 'approved'
