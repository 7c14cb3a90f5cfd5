select table_schema, table_name, created
from {{ database }}.information_schema.tables
where table_schema in ('LANDING', 'QUARANTINE')
