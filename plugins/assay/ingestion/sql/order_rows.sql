update {{ load_table }} as landed
set _ordered_by = file.value:order::varchar
from table(flatten(input => parse_json(%(files)s))) as file
where landed._file = file.value:file::varchar
