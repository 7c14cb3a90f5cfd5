-- The tables of a zone's own ledger, in <ENV>_<ZONE>.LEDGER. Terraform reads this file, too: keep semicolons out of strings
-- and comments, and name each table as ledger.name.
--
-- A column that a later version adds stands twice: in `create table`, for new environments, and below it in an
-- `alter table … add column if not exists` without a default, for those that exist.

create table if not exists {{ ledger }}.node_results (
    node_id varchar not null comment 'A dbt node or test, by its unique id',
    status varchar not null comment 'started, before dbt touches anything, and then how it ended, in the word of dbt',
    invocation_id varchar not null comment 'The invocation of dbt that built or tested it',
    run_id varchar comment 'The Airflow run that it belongs to',
    commit_sha varchar comment 'What the project was deployed from',
    checksum varchar comment 'Of the file of the node, where it has one of its own',
    failures number(38, 0) comment 'Rows that a test found',
    happened_at timestamp_ntz not null comment 'UTC'
);
