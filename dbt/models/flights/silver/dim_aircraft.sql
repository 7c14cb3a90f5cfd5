{{ config(
    materialized='incremental',
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
