{#
  The load's rows with the contract's columns as their own types, each beside its landed value as `_raw_<column>`. A value that
  does not convert is null there, and its raw one is not. Converted once: checks, quarantine and both merges read it.
#}
{% import 'conversions.sql' as conversions %}
create or replace temporary table {{ typed }} as
with {{ conversions.measured(columns, load_table) }}
typed as (
    select
        {% for column in columns %}
        {{ conversions.converted(column) }} as {{ column.name | column }},
        {{ 'landed.' ~ (column.landed | quoted) if column.landed else 'cast(null as varchar)' }} as _raw_{{ column.name }},
        {% endfor %}
        {% for extra in extras %}
        landed.{{ extra }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ 'weighed' if columns | selectattr('is_measured') | list else load_table }} as landed
)

select * from typed
