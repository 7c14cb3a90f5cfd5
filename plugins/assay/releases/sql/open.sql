{% for role in roles %}
grant usage on schema {{ schema }} to role {{ role }};
{% endfor %}
