{% for schema in ["LANDING", "QUARANTINE", "BRONZE"] %}
grant usage, create table on schema {{ names.schema(schema) }} to role {{ loader }};
{% endfor %}
grant create stage, create file format, create function on schema {{ names.schema("LANDING") }} to role {{ loader }};
grant usage on stage {{ names.stage }} to role {{ loader }};
