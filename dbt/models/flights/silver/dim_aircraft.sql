{# A full refresh would forget every version but the latest, and give new keys to aircraft that legs point to. #}
{{ config(
    materialized='incremental',
    full_refresh=false,
    unique_key='aircraft_key',
    tmp_relation_type='table',
    pre_hook="{{ create_key_sequence(this.database ~ '.' ~ this.schema ~ '.aircraft_keys') }}"
) }}

{{ scd2(
    from_relation=ref('planes'),
    key='aircraft_key',
    natural_key='tail_number',
    tracked=['manufactured_year', 'aircraft_type', 'manufacturer', 'model', 'engines', 'seats', 'engine_type'],
    changed_at='_approved_at',
    sequence=this.database ~ '.' ~ this.schema ~ '.aircraft_keys'
) }}
