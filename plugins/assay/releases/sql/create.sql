create table if not exists {{ ledger }}.releases (
    release_id varchar not null comment 'Identity of the release: zone, run and attempt',
    zone varchar not null,
    status varchar not null comment 'candidate, published, refused, rolled_back or superseded',
    run_id varchar not null comment 'The Airflow run that built it',
    commit_sha varchar comment 'What the models were built from',
    replaces varchar comment 'The release that was live when the candidate was begun',
    created_at timestamp_ntz not null comment 'UTC',
    published_at timestamp_ntz comment 'UTC',
    ended_at timestamp_ntz comment 'When it was refused, replaced or rolled back, UTC',
    actor varchar comment 'Who caused its present status',
    reason varchar comment 'Why it was refused or rolled back, in words',
    row_counts variant comment 'Rows per table: of the candidate, and of the release it was compared with',
    inputs variant comment 'What it was built from: approved loads, releases of other zones, code'
);

alter table {{ ledger }}.releases add column if not exists inputs variant comment 'What it was built from: approved loads, releases of other zones, code';

create table if not exists {{ ledger }}.release_events (
    zone varchar not null,
    release_id varchar not null,
    event varchar not null comment 'candidate, published, refused, superseded, rolled_back, restored, held, resumed or posted',
    happened_at timestamp_ntz not null comment 'UTC',
    actor varchar,
    reason varchar,
    operation varchar comment 'What a repeated attempt at the same rollback is known by'
);

create view if not exists {{ ledger }}.published comment = 'For zones that read from this one' as
select zone, release_id, happened_at
from {{ ledger }}.release_events
where event in ('published', 'restored');
