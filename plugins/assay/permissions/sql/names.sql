{% macro named(thing) %}
{{ thing.kind }} {{ thing.name | identifier if thing.kind in ("USER", "ROLE") else thing.name | path }}
{%- endmacro %}
{% macro object(thing) %}
{% if thing.kind.startswith("FUTURE ") %}
{{ thing.kind }}S in {{ "SCHEMA" if "." in thing.name else "DATABASE" }} {{ thing.name | path }}
{%- elif thing.kind == "ACCOUNT" %}
ACCOUNT
{%- else %}
{{ named(thing) }}
{%- endif %}
{% endmacro %}
