{% for role in others %}
revoke select on all tables in schema {{ schema }} from role {{ role }};
{% endfor %}
{% for role, tables in readers.items() %}
{% if tables is none %}
grant select on all tables in schema {{ schema }} to role {{ role }};
{% else %}
{% for table in tables %}
grant select on table {{ schema }}.{{ table }} to role {{ role }};
{% endfor %}
{% endif %}
{% endfor %}
