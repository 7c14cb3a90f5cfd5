select table_schema, table_name, table_type
from {{ names.database }}.information_schema.tables
where table_schema in ({{ schemas | literals }})
order by table_schema, table_name
