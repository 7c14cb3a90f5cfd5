alter table {{ table }} add column {{ column | column }} {{ type }}
