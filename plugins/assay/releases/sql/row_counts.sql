{% for schema, table in tables %}
select '{{ schema }}' as table_schema, {{ table | literal }} as table_name, count(*) as row_count
from {{ names.schema(schema) }}.{{ table | quoted }}
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
