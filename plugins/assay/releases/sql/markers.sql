{% for schema in schemas %}
select '{{ schema }}' as table_schema, release_id from {{ names.schema(schema) }}._release
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
