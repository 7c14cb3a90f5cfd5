{# `tolerance_days` allows for a source in a time zone ahead of UTC. #}
{% test expect_no_future_dates(model, column_name, tolerance_days=0) %}
select *
from {{ model }}
where {{ column_name }} > dateadd(day, {{ tolerance_days }}, sysdate())
{% endtest %}
