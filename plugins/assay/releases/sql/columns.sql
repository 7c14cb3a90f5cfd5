{# The columns of these tables in the live release and in the candidate. #}
select table_schema, table_name, column_name, data_type, numeric_scale
from {{ names.database }}.information_schema.columns
where
    table_schema in ({{ schemas | literals }})
    and table_name in ({{ tables | literals }})
order by table_name, ordinal_position
