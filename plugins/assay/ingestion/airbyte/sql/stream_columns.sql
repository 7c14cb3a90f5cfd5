select column_name
from {{ database }}.information_schema.columns
where table_schema = 'LANDING' and table_name = {{ stream | literal }}
