{# How old the newest value of each column is, in seconds. #}
select
    {% for rule in rules %}
    datediff('second', max({{ rule.column }}), sysdate()) as {{ rule.flag }},
    {% endfor %}
    count(*) as checked
from {{ approved }}
