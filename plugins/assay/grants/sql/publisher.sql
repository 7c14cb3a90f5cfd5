grant create schema on database {{ names.database }} to role {{ publisher }};
grant operate on warehouse {{ names.warehouse }} to role {{ publisher }};
{% for schema in gold_schemas %}
grant ownership on schema {{ names.schema(schema) }} to role {{ publisher }} copy current grants;
{% endfor %}
