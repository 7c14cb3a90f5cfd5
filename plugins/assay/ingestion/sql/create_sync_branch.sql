{#
  The records that no approved load covers, and those of the days that are taken again. Of each key only what its newest sync
  brought, so that a corrected record takes the place of the bad one; within a sync Airbyte may deliver a record twice, and
  equal records are one.
#}
create or replace transient table {{ branch }} as
select
    {% for column in columns %}
    {{ column }},
    {% endfor %}
    _airbyte_raw_id,
    _airbyte_extracted_at,
    _airbyte_meta
from {{ stream }}
where
    {% if pending %}
    _airbyte_meta:sync_id::number(38, 0) in ({{ pending | literals }})
    {% else %}
    false
    {% endif %}
    {% if window %}
    or ({{ day }}) between {{ window.first | literal }}::date and {{ window.last | literal }}::date
    {% endif %}
qualify
    rank() over (partition by {{ key | join(', ') }} order by _airbyte_meta:sync_id::number(38, 0) desc) = 1
    and row_number() over (
        partition by {{ columns | join(', ') }} order by _airbyte_meta:sync_id::number(38, 0) desc, _airbyte_extracted_at
    ) = 1
