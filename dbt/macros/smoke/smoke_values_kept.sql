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
