{# The newest value of a time column (UTC) is at most so many hours old. An empty table is not fresh. #}
{% test expect_freshness(model, column_name, hours) %}
with newest as (
    select max({{ column_name }}) as newest_value
    from {{ model }}
)

select newest_value
from newest
where
    newest_value is null
    or newest_value < dateadd(hour, -{{ hours }}, sysdate())
{% endtest %}
