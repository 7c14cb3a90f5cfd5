grant create schema on database {{ names.database }} to role {{ publisher }};
{% for schema in ["GOLD", "GOLD_NEXT", "GOLD_PREVIOUS"] %}
grant ownership on schema {{ names.schema(schema) }} to role {{ publisher }} copy current grants;
{% endfor %}
grant usage on database {{ platform }} to role {{ publisher }};
grant usage on schema {{ register }} to role {{ publisher }};
grant select, insert, update on table {{ register }}.RELEASES to role {{ publisher }};
grant select, insert on table {{ register }}.RELEASE_EVENTS to role {{ publisher }};
grant select on table {{ register }}.LOADS to role {{ publisher }};
