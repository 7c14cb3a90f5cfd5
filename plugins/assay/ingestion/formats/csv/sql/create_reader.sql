{# The reader of `reader.py` as a function; its name holds a fingerprint of its text, so a new text is a new function. #}
create function if not exists {{ function }}(url varchar, name varchar, options varchar)
returns varchar
language python
runtime_version = '3.11'
packages = ('snowflake-snowpark-python')
handler = 'report'
comment = 'Reads a staged CSV file strictly: header, records, first fault'
as $$
{{ reader }}

def report(url, name, options):
    import json
    from snowflake.snowpark.files import SnowflakeFile

    with SnowflakeFile.open(url, "rb") as file:
        return json.dumps(read(file, name, **json.loads(options)))
$$
