copy into {{ branch }}
from @{{ stage }}
files = ({{ files | literals }})
file_format = (
    type = csv
    parse_header = true
    field_optionally_enclosed_by = '"'
    null_if = ({{ null_if | literals }})
    error_on_column_count_mismatch = false
)
match_by_column_name = case_insensitive
include_metadata = (_file = metadata$filename, _row = metadata$file_row_number)
on_error = continue
force = true
