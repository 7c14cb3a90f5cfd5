{# Of nodes and tests that are in no manifest any more. #}
delete from {{ ledger }}.node_results
where happened_at <= %(before)s::timestamp_ntz and node_id not in ({{ nodes | literals }})
