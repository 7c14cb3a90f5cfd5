{% for role in [analyst, transformer] %}
grant usage on schema {{ gold }} to role {{ role }};
grant select on all tables in schema {{ gold }} to role {{ role }};
{% endfor %}
grant usage on schema {{ names.schema("QUARANTINE") }} to role {{ owner }};
grant select on all tables in schema {{ names.schema("QUARANTINE") }} to role {{ owner }};
grant select on future tables in schema {{ names.schema("QUARANTINE") }} to role {{ owner }};
{% for reader in readers %}
create role if not exists {{ reader.role }};
grant usage on database {{ names.database }} to role {{ reader.role }};
grant usage on schema {{ ledger }} to role {{ reader.role }};
grant select on view {{ ledger }}.PUBLISHED to role {{ reader.role }};
{% endfor %}
