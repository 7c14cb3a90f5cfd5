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
