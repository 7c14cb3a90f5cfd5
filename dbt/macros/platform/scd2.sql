{#
  A slowly changing dimension of type 2: one row per version of a natural key, with a numeric key from a sequence.

  For a model with materialized='incremental', unique_key=<key>, pre_hook=create_key_sequence(...) and
  tmp_relation_type='table', because Snowflake allows no `nextval` in a view. It returns the versions to open and the
  versions they close; the merge does the rest.

      from_relation   one row per natural key, as it is now
      key             numeric surrogate key
      natural_key     column that names the thing
      tracked         columns whose change opens a new version; a null is a value like any other
      changed_at      column that says when this state was learned

  The first version of a thing is valid from `beginning`, because facts older than our first look at it must still
  find it. An unchanged row opens nothing, so running twice changes nothing.
#}
{% macro scd2(from_relation, key, natural_key, tracked, changed_at, sequence, beginning='1900-01-01') %}
with incoming as (
    select
        {{ natural_key }},
        {% for column in tracked %}{{ column }},
        {% endfor -%}
        {{ changed_at }} as learned_at
    from {{ from_relation }}
),

{% if is_incremental() -%}
live as (
    select *
    from {{ this }}
    where is_current
),

changed as (
    select
        incoming.*,
        live.{{ key }} as replaced_key
    from incoming
    left join live on incoming.{{ natural_key }} = live.{{ natural_key }}
    where
        live.{{ natural_key }} is null
        {% for column in tracked -%}
        or incoming.{{ column }} is distinct from live.{{ column }}
        {% endfor %}
),
{%- else -%}
changed as (
    select
        incoming.*,
        null::integer as replaced_key
    from incoming
),
{%- endif %}

opened as (
    select
        {{ next_key(sequence) }} as {{ key }},
        {{ natural_key }},
        {% for column in tracked %}{{ column }},
        {% endfor -%}
        iff(replaced_key is null, '{{ beginning }}'::timestamp_ntz, learned_at) as valid_from,
        null::timestamp_ntz as valid_to,
        true as is_current
    from changed
)

{%- if is_incremental() %},

closed as (
    select
        live.{{ key }},
        live.{{ natural_key }},
        {% for column in tracked %}live.{{ column }},
        {% endfor -%}
        live.valid_from,
        changed.learned_at as valid_to,
        false as is_current
    from live
    inner join changed on live.{{ key }} = changed.replaced_key
)

select * from opened
union all
select * from closed
{%- else %}

select * from opened
{%- endif %}
{% endmacro %}


{% macro next_key(sequence) -%}
    {{ sequence }}.nextval
{%- endmacro %}


{% macro create_key_sequence(sequence) -%}
    create sequence if not exists {{ sequence }}
{%- endmacro %}
