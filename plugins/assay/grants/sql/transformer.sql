{% for schema in ["BRONZE", "SILVER"] %}
grant usage, create table, create view, create sequence on schema {{ names.schema(schema) }} to role {{ transformer }};
{% endfor %}
grant usage, create table, create view on schema {{ names.schema("QUARANTINE") }} to role {{ transformer }};
grant select on all tables in schema {{ names.schema("BRONZE") }} to role {{ transformer }};
grant select on future tables in schema {{ names.schema("BRONZE") }} to role {{ transformer }};
