{% from "names.sql" import named, object %}
grant {% if member %}{{ named(on) }}{% else %}{{ privilege }} on {{ object(on) }}{% endif %} to {{ named(to) }}
