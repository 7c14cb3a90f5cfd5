create file format if not exists {{ format }}
type = csv
parse_header = true
field_optionally_enclosed_by = '"'
error_on_column_count_mismatch = false
