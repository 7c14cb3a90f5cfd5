grant ownership on all tables in schema {{ candidate }} to role {{ publisher }} copy current grants;
revoke create table, create view on schema {{ candidate }} from role {{ transformer }};
