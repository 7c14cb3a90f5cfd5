{# The reader has counted the fields of every record, so each is taken by its place; nothing is left to be guessed. #}
copy into {{ load_table }} (
    {% for name, _ in shape.places %}
    {{ name | column }},
    {% endfor %}
    _file, _row
)
from (
    select
        {% for _, place in shape.places %}
        ${{ place }},
        {% endfor %}
        {# The path below the zone's folder: in an external stage the name begins with the folder's own path. #}
        substr(metadata$filename, {{ folder | length + 2 }}),
        metadata$file_row_number
    from @{{ stage }}
)
files = ({{ files | literals }})
file_format = (
    type = csv
    compression = {{ shape.compression }}
    skip_header = 1
    skip_blank_lines = {{ shape.blank_end | literal }}
    field_optionally_enclosed_by = '"'
    escape = none
    escape_unenclosed_field = none
    null_if = ({{ null_if | literals }})
)
on_error = continue
force = true
