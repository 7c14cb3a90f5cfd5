{#
  Smoke tests compare a release candidate with the live release before it is published. They name their models by ref,
  which is the candidate, and find the live table of the same name here. On the first release, and for a new model,
  there is none: no comparison, and the test passes. Tagged `smoke`, so that only the task release.smoke runs them.
#}
{% macro live_release_of(candidate) -%}
    {%- if execute -%}
        {{- return(adapter.get_relation(candidate.database, 'GOLD', candidate.identifier)) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}


{# The candidate holds at least so many percent of the live release's rows. #}
{% macro smoke_rows_kept(candidates, percent=95) -%}
with compared as (
    {% for candidate in candidates -%}
    {% set live = live_release_of(candidate) -%}
    select
        '{{ candidate.identifier }}' as model_name,
        (select count(*) from {{ candidate }}) as candidate_rows,
        {% if live %}(select count(*) from {{ live }}){% else %}0{% endif %} as live_rows
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select *
from compared
where
    candidate_rows = 0
    or candidate_rows * 100 < live_rows * {{ percent }}
{%- endmacro %}


{# No value of a column (a day, a station) that readers can query today is gone from the candidate. #}
{% macro smoke_values_kept(candidate, column_name) -%}
{%- set live = live_release_of(candidate) -%}
{%- if live -%}
select live.{{ column_name }} as lost_value
from {{ live }} as live
left join {{ candidate }} as candidate on live.{{ column_name }} = candidate.{{ column_name }}
where candidate.{{ column_name }} is null
group by live.{{ column_name }}
{%- else -%}
select {{ column_name }} as lost_value
from {{ candidate }}
where false
{%- endif -%}
{%- endmacro %}


{# Every column that readers can query today is still there. #}
{% macro smoke_columns_kept(candidates) -%}
{%- set names = [] -%}
{%- for candidate in candidates -%}
    {%- do names.append("'" ~ (candidate.identifier | upper) ~ "'") -%}
{%- endfor -%}
with columns as (
    select
        table_schema,
        table_name,
        column_name
    from {{ candidates[0].database }}.information_schema.columns
    where
        table_schema in ('GOLD', 'GOLD_NEXT')
        and table_name in ({{ names | join(', ') }})
)

select
    live.table_name,
    live.column_name as lost_column
from columns as live
left join columns as candidate
    on
        live.table_name = candidate.table_name
        and live.column_name = candidate.column_name
        and candidate.table_schema = 'GOLD_NEXT'
where
    live.table_schema = 'GOLD'
    and candidate.column_name is null
{%- endmacro %}
