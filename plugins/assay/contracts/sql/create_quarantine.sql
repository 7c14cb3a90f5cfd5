create table if not exists {{ quarantine }} (
    {% for column, type in columns.items() %}
    {{ column | column }} {{ type }},
    {% endfor %}
    _load_id varchar not null,
    _reasons varchar not null comment 'Why the row was not approved',
    _quarantined_at timestamp_ntz not null comment 'UTC'
)
