{#
  Rows that came again with the same values, now from something newer: what lies between the two in order must not take their
  place later. Nothing that is read changes, so neither does `_approved_at`.
#}
{% import 'macros.sql' as macros %}
merge into {{ approved }} as kept
using (
    {{ macros.newest(typed, columns, key, ordered_by) }}
) as loaded
on {{ macros.same_key(key) }}

when matched and {{ macros.not_older(ordered_by) }} and kept._ordered_by is distinct from loaded._ordered_by then update set
    _ordered_by = loaded._ordered_by
