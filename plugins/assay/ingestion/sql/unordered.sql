select _file as file from {{ branch }} where _ordered_by is null limit 1
