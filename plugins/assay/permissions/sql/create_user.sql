create user if not exists {{ name | path }}
{% if email %}
    login_name = {{ email | literal }} email = {{ email | literal }}
{% endif %}
{% if default_role %}
    default_role = {{ default_role | path }}
{% endif %}
{% if default_warehouse %}
    default_warehouse = {{ default_warehouse | path }}
{% endif %}
    type = person disabled = {{ disabled }} comment = {{ comment | literal }}
