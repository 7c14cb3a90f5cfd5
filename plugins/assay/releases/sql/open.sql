grant ownership on all tables in schema {{ candidate }} to role {{ publisher }} copy current grants;
revoke create table, create view on schema {{ candidate }} from role {{ transformer }};
{% for role in strangers %}
revoke select on all tables in schema {{ candidate }} from role {{ role }};
revoke usage on schema {{ candidate }} from role {{ role }};
{% endfor %}
{% for role in [analyst, transformer] %}
grant select on all tables in schema {{ candidate }} to role {{ role }};
{% endfor %}
{% for reader in readers %}
{% for table in reader.tables %}
grant select on table {{ candidate }}.{{ table }} to role {{ reader.role }};
{% endfor %}
{% endfor %}
{% for role in roles %}
grant usage on schema {{ candidate }} to role {{ role }};
{% endfor %}
