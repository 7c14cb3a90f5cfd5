show {{ what }}{% if relation %} {{ relation }} {{ name | path }}{% endif %}

