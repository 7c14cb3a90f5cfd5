{# Versions of a slowly changing dimension: at most one is current, none overlap, and each ends after it begins. #}
{% test expect_versions_in_order(model, natural_key, valid_from='valid_from', valid_to='valid_to') %}
with versions as (
    select
        {{ natural_key }},
        {{ valid_from }} as version_from,
        {{ valid_to }} as version_to,
        lead({{ valid_from }}) over (partition by {{ natural_key }} order by {{ valid_from }}) as next_from
    from {{ model }}
)

select *
from versions
where
    version_to <= version_from
    or (next_from is not null and (version_to is null or version_to > next_from))
{% endtest %}
