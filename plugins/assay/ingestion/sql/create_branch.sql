create or replace transient table {{ branch }} (
    {% for column in columns %}
    {{ column | column }} varchar,
    {% endfor %}
    _file varchar comment 'The file the row came from',
    _row number(38, 0) comment 'Its number in the file'
)
