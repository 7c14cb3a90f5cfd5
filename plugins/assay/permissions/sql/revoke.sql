{% from "names.sql" import named, object %}
revoke {% if member %}{{ named(on) }}{% else %}{{ privilege }} on {{ object(on) }}{% endif %} from {{ named(to) }}
