{# At least so many percent of the values that are there are known to another relation: `relationships` for real life. #}
{% test expect_mostly_known(model, column_name, to, field, percent) %}
with known as (
    select distinct {{ field }}
    from {{ to }}
),

counted as (
    select
        count(*) as all_rows,
        count(known.{{ field }}) as known_rows
    from {{ model }} as child
    left join known on child.{{ column_name }} = known.{{ field }}
    where child.{{ column_name }} is not null
)

select *
from counted
where known_rows * 100 < {{ percent }} * all_rows
{% endtest %}
