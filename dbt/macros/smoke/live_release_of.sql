{#
  Smoke tests compare a release candidate with the live release before it is published. They name their models by ref,
  which is the candidate, and find the live table of the same name here. On the first release, and for a new model,
  there is none: no comparison, and the test passes. Tagged `smoke`, so that only the task release.smoke runs them.
#}
{% macro live_release_of(candidate) -%}
    {%- if execute -%}
        {{- return(adapter.get_relation(candidate.database, 'GOLD', candidate.identifier)) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}
