-- Which service role may do what with the zone's ledger. The same is said in terraform/modules/zone/grants.tf.
{% for role in [loader, transformer, publisher] %}
grant usage on schema {{ ledger }} to role {{ role }};
{% endfor %}
{% for table in ["LOADS", "LOAD_FILES", "CHECK_RESULTS"] %}
grant select, insert, update, delete on table {{ ledger }}.{{ table }} to role {{ loader }};
{% endfor %}
grant select on table {{ ledger }}.LOADS to role {{ publisher }};
grant select, insert, update, delete on table {{ ledger }}.RELEASES to role {{ publisher }};
grant select, insert, delete on table {{ ledger }}.RELEASE_EVENTS to role {{ publisher }};
grant select, insert on table {{ ledger }}.NODE_RESULTS to role {{ transformer }};
grant select, delete on table {{ ledger }}.NODE_RESULTS to role {{ publisher }};
{% for role in [loader, transformer, publisher] %}
grant select, insert, update on table {{ ledger }}.RUN_LEASE to role {{ role }};
{% endfor %}
grant select, insert, update on table {{ ledger }}.RELEASE_STATE to role {{ publisher }};
