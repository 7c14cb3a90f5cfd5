show {{ what }}{% if relation in ("to user", "to role", "of role") %} {{ relation }} {{ name | quoted }}
{% elif relation %} {{ relation }} {{ name | path }}
{% endif %}
