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
