create or replace schema {{ candidate }} clone {{ gold }};
{% for table in leaving %}
drop table if exists {{ candidate }}.{{ table | quoted }};
{% endfor %}
grant usage, create table, create view on schema {{ candidate }} to role {{ transformer }};
grant ownership on all tables in schema {{ candidate }} to role {{ transformer }} copy current grants;
create or replace table {{ candidate }}._release as
select {{ release_id | literal }} as release_id, {{ run_id | literal }} as run_id, {{ zone | literal }} as zone
