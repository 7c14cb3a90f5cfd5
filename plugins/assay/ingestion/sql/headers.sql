select column_name, filenames
from table(
    infer_schema(
        location => {{ ('@' ~ stage) | literal }},
        files => ({{ files | literals }}),
        file_format => {{ format | literal }}
    )
)
