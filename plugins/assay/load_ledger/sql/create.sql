create table if not exists {{ ledger }}.loads (
    load_id varchar not null comment 'Identity of the load: zone, source and run',
    zone varchar not null,
    source varchar not null,
    table_name varchar not null,
    run_id varchar not null comment 'The Airflow run that landed it',
    branch varchar not null comment 'The landing table that holds it as it came',
    status varchar not null comment 'landed, approved or refused',
    rows_landed number(38, 0) not null,
    rows_approved number(38, 0) not null comment 'Rows that its approval added or changed',
    rows_quarantined number(38, 0) not null,
    backfill boolean not null comment 'Whether days that were approved before were taken again',
    contract_version varchar,
    reason varchar comment 'Why it was refused, in words',
    landed_at timestamp_ntz not null comment 'UTC',
    finished_at timestamp_ntz comment 'When it was approved or refused, UTC',
    fingerprint varchar comment 'Its files or syncs and what they are checked by, as one value',
    problem varchar comment 'Why it was refused, as one value: the rules, and the files that break them',
    same_as varchar comment 'The refused load that it equals, and whose table and quarantine it shares'
);

alter table {{ ledger }}.loads add column if not exists fingerprint varchar comment 'Its files or syncs and what they are checked by, as one value';
alter table {{ ledger }}.loads add column if not exists problem varchar comment 'Why it was refused, as one value: the rules, and the files that break them';
alter table {{ ledger }}.loads add column if not exists same_as varchar comment 'The refused load that it equals, and whose table and quarantine it shares';

create table if not exists {{ ledger }}.load_files (
    load_id varchar not null,
    path varchar not null comment 'A file below the zone''s folder, or sync/<id> of an Airbyte sync',
    etag varchar not null comment 'What the file held, as its store fingerprints it',
    bytes number(38, 0),
    modified_at timestamp_ntz comment 'When the file was last written, as its store says, UTC',
    status varchar not null comment 'loaded, partial, failed or empty',
    rows_parsed number(38, 0) not null,
    rows_loaded number(38, 0) not null,
    errors number(38, 0) not null,
    first_error varchar,
    header varchar comment 'The file''s column names exactly as written, a JSON list'
);

create table if not exists {{ ledger }}.check_results (
    load_id varchar not null,
    zone varchar not null,
    table_name varchar not null,
    rule varchar not null,
    column_name varchar,
    severity varchar not null comment 'error or warning',
    held boolean not null,
    breaches number(38, 0) not null comment 'Rows or files that break the rule',
    checked number(38, 0) not null comment 'Rows or files that were looked at',
    sentence varchar not null,
    checked_at timestamp_ntz not null comment 'UTC'
);

alter table {{ ledger }}.load_files add column if not exists modified_at timestamp_ntz comment 'When the file was last written, as its store says, UTC';
