{# The columns of a load table, of the approved table and of quarantine, as far as they exist. #}
select table_schema, column_name, data_type, numeric_scale, is_nullable
from {{ database }}.information_schema.columns
where
    (table_schema = 'LANDING' and table_name = {{ load_table | literal }})
    or (table_schema = 'BRONZE' and table_name = {{ approved | literal }})
    or (table_schema = 'QUARANTINE' and table_name = {{ quarantine | literal }})
order by table_schema, ordinal_position
