{# No two rows have the same values in all of these columns. #}
{% test expect_unique_combination(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as times_seen
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
