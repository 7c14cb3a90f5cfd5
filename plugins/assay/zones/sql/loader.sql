{% for schema in ["LANDING", "QUARANTINE", "BRONZE"] %}
grant usage, create table on schema {{ names.schema(schema) }} to role {{ loader }};
{% endfor %}
grant create stage, create file format, create function on schema {{ names.schema("LANDING") }} to role {{ loader }};
grant usage on stage {{ names.stage }} to role {{ loader }};
grant usage on database {{ platform }} to role {{ loader }};
grant usage on schema {{ register }} to role {{ loader }};
{% for table in ["LOADS", "LOAD_FILES", "VERDICTS"] %}
grant select, insert, update, delete on table {{ register }}.{{ table }} to role {{ loader }};
{% endfor %}
