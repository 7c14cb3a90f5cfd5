select _file as file from {{ load_table }} where _ordered_by is null limit 1
