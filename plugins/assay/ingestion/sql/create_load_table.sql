create or replace transient table {{ load_table }} (
    {% for column in columns %}
    {{ column | column }} varchar,
    {% endfor %}
    _file varchar comment 'The file the row came from',
    _row number(38, 0) comment 'Its number in the file',
    _ordered_by varchar comment 'What decides between two rows of a key: the greater'
)
