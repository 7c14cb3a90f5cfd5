drop table if exists {{ table | path }}
