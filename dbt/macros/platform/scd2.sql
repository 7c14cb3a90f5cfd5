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

  A natural key that is null or occurs twice is refused before anything is written: it would open versions on each run.
#}
{% macro scd2(from_relation, key, natural_key, tracked, changed_at, sequence, beginning='1900-01-01') %}
{{- refuse_ambiguous_key(from_relation, natural_key) -}}
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

{{ union_columns([key, natural_key] + tracked + ['valid_from', 'valid_to', 'is_current'], ['opened', 'closed']) }}
{%- else %}

select * from opened
{%- endif %}
{% endmacro %}


{# Asked of the warehouse when the model is built; a unit test's rows are no relation that could be asked. #}
{% macro refuse_ambiguous_key(relation, natural_key) -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'retry') and '__dbt__cte__' not in relation | string -%}
        {%- set counts -%}
            select
                count_if({{ natural_key }} is null) as missing,
                count({{ natural_key }}) - count(distinct {{ natural_key }}) as repeated
            from {{ relation }}
        {%- endset -%}
        {%- set found = run_query(counts).rows[0] -%}
        {%- if found[0] or found[1] -%}
            {{- exceptions.raise_compiler_error(
                model.original_file_path ~ ': ' ~ relation ~ ' has ' ~ found[0] ~ ' rows without ' ~ natural_key ~ ' and '
                ~ found[1] ~ ' rows whose ' ~ natural_key ~ ' another row has, too. A slowly changing dimension reads one'
                ~ ' row for each; correct the key in the model before it, and test it there with not_null and unique'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{% macro next_key(sequence) -%}
    {{ sequence }}.nextval
{%- endmacro %}
