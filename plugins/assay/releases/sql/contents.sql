select table_schema, table_name, table_type
from {{ names.database }}.information_schema.tables
where table_schema in ('GOLD', 'GOLD_NEXT', 'GOLD_PREVIOUS')
order by table_schema, table_name
