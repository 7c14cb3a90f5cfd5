create user if not exists {{ name | identifier }}
{% if email %}
    login_name = {{ email | literal }} email = {{ email | literal }}
{% endif %}
{% if default_role %}
    default_role = {{ default_role | identifier }}
{% endif %}
{% if default_warehouse %}
    default_warehouse = {{ default_warehouse | identifier }}
{% endif %}
    default_secondary_roles = () type = person disabled = {{ disabled }} comment = {{ comment | literal }}
