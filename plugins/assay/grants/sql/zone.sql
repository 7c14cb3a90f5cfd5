create database if not exists {{ names.database }};
{% for schema in schemas %}
create schema if not exists {{ names.schema(schema) }};
{% endfor %}
create warehouse if not exists {{ names.warehouse }} warehouse_size = 'XSMALL' auto_suspend = 60 auto_resume = true;
create stage if not exists {{ names.stage }} url = '{{ names.landing_url }}/' storage_integration = {{ names.storage_integration }};
{% for role in roles %}
grant usage on database {{ names.database }} to role {{ role }};
grant usage on warehouse {{ names.warehouse }} to role {{ role }};
{% endfor %}
