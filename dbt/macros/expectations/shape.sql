{# Expectations about a table as a whole: its rows, keys, columns and age. #}

{% test expect_unique_combination(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as times_seen
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}


{% test expect_row_count_between(model, min_value=1, max_value=none) %}
with counted as (
    select count(*) as row_count
    from {{ model }}
)

select row_count
from counted
where
    row_count < {{ min_value }}
    {% if max_value is not none -%}
    or row_count > {{ max_value }}
    {%- endif %}
{% endtest %}


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


{# The columns exist, whatever their order and type; failing rows name the missing ones. #}
{% test expect_columns_to_exist(model, columns) %}
with expected as (
    {% for column in columns -%}
    select '{{ column | upper }}' as column_name
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

actual as (
    select column_name
    from {{ model.database }}.information_schema.columns
    where
        table_schema = '{{ model.schema | upper }}'
        and table_name = '{{ model.identifier | upper }}'
)

select expected.column_name as missing_column
from expected
left join actual on expected.column_name = actual.column_name
where actual.column_name is null
{% endtest %}


{# One column, said on the column itself. #}
{% test expect_column_to_exist(model, column_name) %}
{{ test_expect_columns_to_exist(model, [column_name]) }}
{% endtest %}


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


{# Versions of a slowly changing dimension: at most one is current, none overlap, and each ends after it begins. #}
{% test expect_versions_in_order(model, natural_key, valid_from='valid_from', valid_to='valid_to') %}
with versions as (
    select
        {{ natural_key }},
        {{ valid_from }} as version_from,
        {{ valid_to }} as version_to,
        lead({{ valid_from }}) over (partition by {{ natural_key }} order by {{ valid_from }}) as next_from
    from {{ model }}
)

select *
from versions
where
    version_to <= version_from
    or (next_from is not null and (version_to is null or version_to > next_from))
{% endtest %}
