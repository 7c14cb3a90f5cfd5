alter table {{ table }} rename column {{ column | column }} to {{ name | column }}
