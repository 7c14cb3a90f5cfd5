select count(*) as tables
from {{ database }}.information_schema.tables
where table_schema = 'BRONZE' and table_name = {{ approved | literal }}
