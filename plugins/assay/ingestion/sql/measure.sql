{# What the load's table holds of each file. #}
select
    _file as file,
    count(*) as records,
    sum(0{% for name in columns %} + coalesce(length({{ name | column }}), 0){% endfor %}) as characters
from {{ load_table }}
group by _file
