create table if not exists {{ approved }} (
    {% for column in columns %}
    {{ column.name | column }} {{ column.type.stored }}{{ " not null" if column.key }} comment {{ column.description | literal }},
    {% endfor %}
    _ordered_by varchar comment 'What decided that it is the newest row of its key',
    _load_id varchar not null comment 'The load that last changed the row',
    _approved_at timestamp_ntz not null comment 'When that was, UTC'
)
