{% for user, key in users.items() %}
create user if not exists {{ user }} type = service default_role = {{ user }} default_warehouse = {{ names.warehouse }} default_namespace = '{{ names.database }}' default_secondary_roles = () rsa_public_key = {{ key | literal }};
alter user {{ user }} set default_secondary_roles = ();
grant role {{ user }} to user {{ user }};
{% endfor %}
