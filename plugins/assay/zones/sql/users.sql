{% for user, key in users.items() %}
create user if not exists {{ user }} type = service default_role = {{ user }} default_warehouse = {{ names.warehouse }} default_namespace = '{{ names.database }}';
alter user {{ user }} set rsa_public_key = '{{ key }}';
grant role {{ user }} to user {{ user }};
{% endfor %}
