{#
  All rows of several relations, column by column of the same name. A `union all` of stars goes by position: a column that is
  added to one side, or moved, shifts values into columns where they do not belong.

      relations   refs and sources that have the same columns, in any order; others are refused with their names

  What the relations have is asked of the warehouse when the model is built.
#}
{% macro union_by_name(relations) -%}
    {%- set columns = [] -%}
    {%- if execute -%}
        {%- for relation in relations -%}
            {%- set present = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
            {%- if loop.first -%}
                {%- do columns.extend(present) -%}
            {%- elif present | sort != columns | sort -%}
                {%- set others = (columns | reject('in', present) | list) + (present | reject('in', columns) | list) -%}
                {{- exceptions.raise_compiler_error(
                    model.original_file_path ~ ': ' ~ relation ~ ' and ' ~ relations[0] ~ ' do not have the same columns; only'
                    ~ ' one of them has ' ~ others | join(', ')
                    ~ '. Select the columns that both are to have in a model before each'
                ) -}}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- union_columns(columns or ['*'], relations) -}}
{%- endmacro %}
