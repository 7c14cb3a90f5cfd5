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
    checksum varchar comment 'Digest of the code, configuration and macros of the node',
    failures number(38, 0) comment 'Rows that a test found',
    happened_at timestamp_ntz not null comment 'UTC'
);

create table if not exists {{ ledger }}.run_lease (
    zone varchar not null,
    run_id varchar not null comment 'The Airflow run that may write in the zone',
    taken_at timestamp_ntz not null comment 'UTC',
    renewed_at timestamp_ntz not null comment 'When a task of the run last began to write, UTC',
    ends_at timestamp_ntz not null comment 'When another run may take it without asking Airflow, UTC',
    alone_since timestamp_ntz comment 'Since when no pod of another run is left, UTC, null until that has been seen',
    candidate_of varchar comment 'The run that the candidate in GOLD_NEXT was cut for, null while it is cut'
);

alter table {{ ledger }}.run_lease add column if not exists alone_since timestamp_ntz comment 'Since when no pod of another run is left, UTC, null until that has been seen';

alter table {{ ledger }}.run_lease add column if not exists candidate_of varchar comment 'The run that the candidate in GOLD_NEXT was cut for, null while it is cut';

create table if not exists {{ ledger }}.release_state (
    zone varchar not null,
    version number(38, 0) not null comment 'Counts decisions, and each is made on the version before it',
    live varchar comment 'The release that GOLD holds, or is about to',
    previous varchar comment 'The release that GOLD_PREVIOUS holds, or is about to',
    applied boolean not null comment 'Whether the schemas have held what was decided',
    held_at timestamp_ntz comment 'Since when nothing is published, UTC',
    held_by varchar,
    held_reason varchar,
    held_operation varchar comment 'The rollback that held publishing, null when a person did'
);
