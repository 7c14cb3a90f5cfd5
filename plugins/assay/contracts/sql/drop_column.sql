alter table {{ table }} drop column {{ column | column }}
