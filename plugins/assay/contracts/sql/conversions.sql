{#
  A landed value as its contract's type, or null where it would change on the way. A text is first held against the pattern
  of its column; only then is it converted, by formats that are said and not guessed.
#}

{# The text as the conversions read it: numbers with a point and nothing between their digits. #}
{% macro plain(column) -%}
{%- set spelling = column.column.spelling -%}
{%- set value = 'landed.' ~ (column.landed | quoted) -%}
{%- if column.way.value == 'number' -%} cast({{ value }} as varchar)
{%- elif spelling.thousands and spelling.decimal != '.' -%}
    replace(replace({{ value }}, {{ spelling.thousands | literal }}, ''), {{ spelling.decimal | literal }}, '.')
{%- elif spelling.thousands -%} replace({{ value }}, {{ spelling.thousands | literal }}, '')
{%- elif spelling.decimal != '.' -%} replace({{ value }}, {{ spelling.decimal | literal }}, '.')
{%- else -%} {{ value }}
{%- endif -%}
{%- endmacro %}

{% macro well_written(column) -%}
{%- set spelling = column.column.spelling -%}
{%- if column.way.value == 'text' -%}
    regexp_like(landed.{{ column.landed | quoted }}, {{ spelling.pattern | literal }})
    {%- if spelling.digits %} and {% endif -%}
{%- endif -%}
{%- if column.way.value == 'number' or spelling.digits -%}
    regexp_like({{ plain(column) }}, {{ (spelling.digits or spelling.pattern) | literal }})
{%- endif -%}
{%- endmacro %}

{# yyyy-MM-dd HH:mm:ss.ffffff +HH:MM, from wherever the parts of the text are. #}
{% macro part(value, parts, name, width, otherwise) -%}
{%- if name in parts -%} substr({{ value }}, {{ parts[name] }}, {{ width }}){%- else -%} '{{ otherwise }}'{%- endif -%}
{%- endmacro %}

{% macro day(value, parts) -%}
{{ part(value, parts, 'yyyy', 4, '') }} || '-' || {{ part(value, parts, 'MM', 2, '') }} || '-' || {{ part(value, parts, 'dd', 2, '') }}
{%- endmacro %}

{% macro moment(value, spelling) -%}
{%- set parts = spelling.parts -%}
{{ day(value, parts) }} || ' ' || {{ part(value, parts, 'HH', 2, '00') }} || ':' || {{ part(value, parts, 'mm', 2, '00') }} || ':' || {{ part(value, parts, 'ss', 2, '00') }} ||
{%- if spelling.iso %} rpad(coalesce(regexp_substr({{ value }}, '[.][0-9]{1,6}'), '.'), 7, '0')
{%- elif 'SSSSSS' in parts %} '.' || substr({{ value }}, {{ parts['SSSSSS'] }}, 6)
{%- elif 'SSS' in parts %} '.' || substr({{ value }}, {{ parts['SSS'] }}, 3) || '000'
{%- else %} '.000000'
{%- endif %} || ' ' ||
{%- if spelling.offset %} rpad(replace(replace(coalesce(regexp_substr({{ value }}, '(Z|[+-][0-9:]+)$'), 'Z'), 'Z', '+00'), ':', ''), 5, '0')
{%- else %} '+0000'
{%- endif -%}
{%- endmacro %}

{# What every client can read back: years 1 to 9999. #}
{% macro in_range(value, type) -%}
case when {{ value }} between
{%- if type == 'date' %} cast('0001-01-01' as date) and cast('9999-12-31' as date)
{%- else %} cast('0001-01-01 00:00:00' as timestamp_ntz) and cast('9999-12-31 23:59:59.999999' as timestamp_ntz)
{%- endif %} then {{ value }} end
{%- endmacro %}

{# An instant is kept with the offset +00:00, whatever offset it came with. #}
{% macro instant(utc) -%}
try_to_timestamp_tz(to_char({{ in_range(utc, 'timestamp') }}, 'YYYY-MM-DD HH24:MI:SS.FF6') || ' +0000', 'YYYY-MM-DD HH24:MI:SS.FF6 TZHTZM')
{%- endmacro %}

{% macro utc(instant) -%} cast(convert_timezone('UTC', {{ instant }}) as timestamp_ntz) {%- endmacro %}

{% macro from_text(column) -%}
{%- set family = column.column.type.family.value -%}
{%- set spelling = column.column.spelling -%}
{%- set value = 'landed.' ~ (column.landed | quoted) -%}
{%- if family in ('integer', 'number') -%}
    try_to_decimal({{ plain(column) }}, 38, {{ column.column.type.scale }})
{%- elif family == 'float' -%} {{ float_from_text(column) }}
{%- elif family == 'boolean' -%} iff({{ value }} = {{ spelling.true | literal }}, true, false)
{%- elif family == 'date' -%}
    {{ in_range("try_to_date(" ~ day(value, spelling.parts) ~ ", 'YYYY-MM-DD')", 'date') }}
{%- else -%}
    {%- set read = utc("try_to_timestamp_tz(" ~ moment(value, spelling) ~ ", 'YYYY-MM-DD HH24:MI:SS.FF6 TZHTZM')") -%}
    {%- if family == 'instant' -%} {{ instant(read) }} {%- else -%} {{ in_range(read, 'timestamp') }} {%- endif -%}
{%- endif -%}
{%- endmacro %}

{#
  A FLOAT gives back 15 digits of any number. Of 16 or 17 it gives back those of the number that is nearest to it, if no
  shorter one is it: what programs write that print a FLOAT. `weighed` has the text's digits as a whole number (`_whole_…`,
  between 1e-5 and 1e37 only), ten to the power of their decimals and two to the power that makes the FLOAT a whole number,
  so that all of this is counted and nothing rounded.
#}
{% macro float_from_text(column) -%}
{%- set name = column.name -%}
{%- set decimals = '(length(landed._digits_' ~ name ~ ') - landed._magnitude_' ~ name ~ ')' -%}
{%- set shorter = "cast(floor(landed._whole_" ~ name ~ " / 10)" -%}
{%- set power = " as varchar) || 'e' || cast(1 - " ~ decimals ~ " as varchar)" -%}
{%- set float = 'cast(abs(landed._float_' ~ name ~ ') * landed._two_' ~ name ~ ' as number(37, 0))' -%}
{%- set ten = 'landed._ten_' ~ name -%}
{%- set two = 'cast(landed._two_' ~ name ~ ' as number(37, 0))' -%}
case
    when length(landed._digits_{{ name }}) <= 15 then landed._float_{{ name }}
    when landed._whole_{{ name }} is null then null
    when abs(landed._float_{{ name }}) in (
        try_to_double({{ shorter }}{{ power }}), try_to_double({{ shorter }} + 1{{ power }})
    ) then null
    when {{ decimals }} >= 0 and abs({{ float }} * {{ ten }} - landed._whole_{{ name }} * {{ two }}) * 2 <= {{ two }}
        then landed._float_{{ name }}
    when {{ decimals }} < 0 and abs({{ float }} - landed._whole_{{ name }} * {{ ten }} * {{ two }}) * 2 <= {{ ten }} * {{ two }}
        then landed._float_{{ name }}
end
{%- endmacro %}

{#
  The shortest decimal that is this FLOAT: what its source wrote, if that had at most 15 digits and fits.
#}
{% macro float_to_number(column) -%}
{%- set value = 'landed.' ~ (column.landed | quoted) -%}
{%- set type = column.column.type -%}
coalesce(
    {%- for scale in range([type.scale, 14] | min + 1) %}
    {%- set bound = '1e' ~ ([15 - scale, type.precision - type.scale] | min) -%}
    {%- set rounded = 'cast(iff(abs(' ~ value ~ ') < ' ~ bound ~ ', ' ~ value ~ ', null) as number(38, ' ~ scale ~ '))' %}
    iff(cast({{ rounded }} as float) = {{ value }}, cast({{ rounded }} as {{ type.stored }}), null){{ "," }}
    {%- endfor %} null
)
{%- endmacro %}

{% macro converted(column) -%}
{%- set way = column.way.value -%}
{%- set value = 'landed.' ~ ((column.landed or '') | quoted) -%}
{%- if way == 'absent' -%} cast(null as {{ column.column.type.stored }})
{%- elif way == 'same' -%} cast({{ value }} as {{ column.column.type.stored }})
{%- elif way == 'word' -%} cast({{ value }} as varchar)
{%- elif way == 'json' -%} to_json({{ value }})
{%- elif way in ('text', 'number') -%} case when {{ well_written(column) }} then {{ from_text(column) }} end
{%- elif way == 'float' -%} iff({{ value }} between -1.7976931348623157e308 and 1.7976931348623157e308, {{ value }}, null)
{%- elif way == 'float_to_number' -%} {{ float_to_number(column) }}
{%- elif way == 'time' -%} {{ in_range(value, column.column.type.family.value) }}
{%- elif way == 'instant_to_time' -%} {{ in_range(utc(value), 'timestamp') }}
{%- elif way == 'instant' -%} {{ instant(utc(value)) }}
{%- endif -%}
{%- endmacro %}

{# The digits of texts that become FLOATs, without zeros before and after them, and the power of ten that they stand under. #}
{% macro measured(columns, load_table) %}
{% set floats = columns | selectattr('is_measured') | list %}
{% if floats %}
spelled as (
    select
        landed.*,
        {% for column in floats %}
        {%- set value = plain(column) %}
        iff({{ well_written(column) }}, {{ value }}, null) as _text_{{ column.name }},
        regexp_replace(regexp_replace(regexp_replace({{ value }}, '[eE].*$', ''), '[-.]', ''), '^0+', '') as _all_{{ column.name }},
        cast(coalesce(try_to_decimal(replace(regexp_replace({{ value }}, '^[^eE]*[eE]?', ''), '+', ''), 9, 0), 0) as integer)
            - coalesce(length(regexp_substr({{ value }}, '[.][0-9]+')) - 1, 0) as _power_{{ column.name }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ load_table }} as landed
),

measured as (
    select
        spelled.*,
        {% for column in floats %}
        regexp_replace(_all_{{ column.name }}, '0+$', '') as _digits_{{ column.name }},
        _power_{{ column.name }} + length(_all_{{ column.name }}) as _magnitude_{{ column.name }}{{ "," if not loop.last }}
        {% endfor %}
    from spelled
),

weighed as (
    select
        measured.*,
        {% for column in floats %}
        {%- set name = column.name %}
        {%- set band = '_magnitude_' ~ name ~ ' between -4 and 37 and length(_digits_' ~ name ~ ') in (16, 17)' %}
        iff(_digits_{{ name }} = '' or _magnitude_{{ name }} between -300 and 308, try_to_double(_text_{{ name }}), null) as _float_{{ name }},
        iff({{ band }}, try_to_decimal(_digits_{{ name }}, 38, 0), null) as _whole_{{ name }},
        iff({{ band }}, try_to_decimal('1' || repeat('0', abs(length(_digits_{{ name }}) - _magnitude_{{ name }})), 38, 0), null) as _ten_{{ name }},
        iff({{ band }}, power(2, greatest(0, 52 - floor((_magnitude_{{ name }} - 1) * 3.3219))), null) as _two_{{ name }}{{ "," if not loop.last }}
        {% endfor %}
    from measured
),
{% endif %}
{% endmacro %}
