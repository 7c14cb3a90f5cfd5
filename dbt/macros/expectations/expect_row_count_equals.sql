{# As many rows as another relation, for a model that may neither lose nor double any. #}
{% test expect_row_count_equals(model, compare_to, compare_where='true') %}
with here as (
    select count(*) as row_count
    from {{ model }}
),

there as (
    select count(*) as row_count
    from {{ compare_to }}
    where {{ compare_where }}
)

select
    here.row_count as actual_row_count,
    there.row_count as expected_row_count
from here
cross join there
where here.row_count <> there.row_count
{% endtest %}
