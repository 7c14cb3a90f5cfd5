{% for role in roles %}
create role if not exists {{ role }};
grant role {{ role }} to role sysadmin;
{% endfor %}
grant role {{ analyst }} to role {{ owner }};
grant role {{ transformer }} to role {{ publisher }};
