"""Changes by hand: what somebody runs, how it is undone, and what the drift check has to say of it."""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = ": granted, but neither Terraform nor config/local/roles.yml grants it"
MADE = ": exists, but neither Terraform nor config/local/roles.yml makes it"
TERRAFORM = ": not granted, but Terraform grants it"


@dataclass(frozen=True)
class Hand:
    do: str
    undo: str
    lines: tuple[str, ...]
    after: tuple[str, ...] = ()
    """What else undoes it."""

    @property
    def undoing(self) -> tuple[str, ...]:
        return (self.undo, *self.after)


def granted(what: str, to: str, *lines: str) -> Hand:
    return Hand(f"grant {what} to {to}", f"revoke {what} from {to}", tuple(f"{line}{UNKNOWN}" for line in lines))


def revoked(what: str, to: str, line: str) -> Hand:
    return Hand(f"revoke {what} from {to}", f"grant {what} to {to}", (line,))


def owned(kind: str, name: str, by: str, before: str = "accountadmin") -> Hand:
    should = "an administrator's role" if before == "accountadmin" else before.upper()
    line = f"{kind} {name.upper()}: owned by role {by.upper()}, and should be by {should}"
    to = "grant ownership on {} {} to role {} copy current grants"
    return Hand(to.format(kind, name, by), to.format(kind, name, before), (line,))


def made(kind: str, name: str, more: str = "") -> Hand:
    return Hand(f"create {kind} {name} {more}", f"drop {kind} {name}", (f"{kind} {name.upper()}{MADE}",))


def altered(user: str, do: str, undo: str, key: str, value: str, should: str, source: str = "") -> Hand:
    source = source or "config/local/roles.yml"
    line = f"user {user.upper()}: {key} is {value}, and should be {should} ({source})"
    return Hand(f"alter user {user} {do}", f"alter user {user} {undo}", (line,))


def memberships() -> list[Hand]:
    return [
        granted("role accountadmin", "user lena_brandt", "user LENA_BRANDT: role ACCOUNTADMIN"),
        granted("role securityadmin", "user lena_brandt", "user LENA_BRANDT: role SECURITYADMIN"),
        granted("role local_flights_loader", "user lena_brandt", "user LENA_BRANDT: role LOCAL_FLIGHTS_LOADER"),
        granted("role local_weather_owner", "user lena_brandt", "user LENA_BRANDT: role LOCAL_WEATHER_OWNER"),
        granted("role local_flights_publisher", "role local_reader", "role LOCAL_READER: role LOCAL_FLIGHTS_PUBLISHER"),
        granted("role local_flights_owner", "role public", "role PUBLIC: role LOCAL_FLIGHTS_OWNER"),
        granted("role accountadmin", "role local_reader", "role LOCAL_READER: role ACCOUNTADMIN"),
        granted("role sysadmin", "role assay_permissions", "role ASSAY_PERMISSIONS: role SYSADMIN"),
        granted("role useradmin", "role local_flights_analyst", "role LOCAL_FLIGHTS_ANALYST: role USERADMIN"),
        granted("role securityadmin", "user local_weather_loader", "user LOCAL_WEATHER_LOADER: role SECURITYADMIN"),
        granted(
            "role local_weather_transformer", "role local_flights_loader",
            "role LOCAL_FLIGHTS_LOADER: role LOCAL_WEATHER_TRANSFORMER",
        ),
        granted(
            "database role snowflake.governance_viewer", "role local_reader",
            "role LOCAL_READER: database role SNOWFLAKE.GOVERNANCE_VIEWER",
        ),
        revoked(
            "role local_weather_owner", "user jonas_weber",
            "user JONAS_WEBER: role LOCAL_WEATHER_OWNER: not granted, but config/local/roles.yml "
            "(users.jonas_weber.member_of) grants it",
        ),
        revoked(
            "role local_flights_analyst", "role local_reader",
            "role LOCAL_READER: role LOCAL_FLIGHTS_ANALYST: not granted, but config/local/roles.yml "
            "(roles.local_reader.member_of) grants it",
        ),
        revoked(
            "role local_flights_analyst", "role local_flights_owner",
            f"role LOCAL_FLIGHTS_OWNER: role LOCAL_FLIGHTS_ANALYST{TERRAFORM}",
        ),
        revoked("role local_weather_loader", "role sysadmin", f"role SYSADMIN: role LOCAL_WEATHER_LOADER{TERRAFORM}"),
        revoked(
            "role local_flights_loader", "user local_flights_loader",
            f"user LOCAL_FLIGHTS_LOADER: role LOCAL_FLIGHTS_LOADER{TERRAFORM}",
        ),
    ]  # fmt: skip


def privileges() -> list[Hand]:
    def one(privilege: str, on: str, role: str) -> Hand:
        shown = on if on == "account" else f"{on.partition(' ')[0]} {on.partition(' ')[2].upper()}"
        if on.startswith("future "):
            shown = f"{on.partition(' in ')[0]} in {on.rpartition(' ')[2].upper()}"
        line = f"role {role.upper()}: {privilege.upper()} on {shown}"
        return granted(f"{privilege} on {on}", f"role {role}", line)

    def lost(privilege: str, on: str, role: str) -> Hand:
        kind, _, name = on.partition(" ")
        if kind == "future":
            kind, name = on.partition(" in ")[0] + " in", on.rpartition(" ")[2]
        shown = "account" if on == "account" else f"{kind} {name.upper()}"
        line = f"role {role.upper()}: {privilege.upper()} on {shown}{TERRAFORM}"
        return revoked(f"{privilege} on {on}", f"role {role}", line)

    return [
        one("manage grants", "account", "local_reader"),
        one("create user", "account", "sysadmin"),
        one("create integration", "account", "local_reader"),
        one("usage", "integration assay_local_landing", "local_reader"),
        one("create database", "account", "public"),
        lost("create role", "account", "assay_permissions"),
        one("usage", "database local_flights", "public"),
        one("create schema", "database local_flights", "local_flights_analyst"),
        lost("usage", "database local_weather", "local_weather_analyst"),
        one("usage", "warehouse local_flights_wh", "public"),
        one("modify", "warehouse local_flights_wh", "local_flights_analyst"),
        one("monitor", "warehouse local_flights_wh", "local_reader"),
        lost("usage", "warehouse local_weather_wh", "local_weather_owner"),
        one("usage", "schema local_flights.landing", "public"),
        one("usage", "schema local_flights.bronze", "local_reader"),
        one("create table", "schema local_flights.gold", "local_flights_transformer"),
        one("create table", "schema local_flights.ledger", "local_flights_loader"),
        one("usage", "schema local_weather.ledger", "local_reader"),
        one("usage", "schema local_weather.gold_previous", "local_weather_analyst"),
        one("usage", "schema local_weather.gold_next", "local_flights_transformer"),
        one("usage", "schema local_flights.gold", "local_weather_analyst"),
        lost("usage", "schema local_flights.quarantine", "local_flights_owner"),
        one("delete", "table local_flights.ledger.release_state", "local_flights_publisher"),
        one("select", "table local_flights.ledger.run_lease", "public"),
        lost("insert", "table local_weather.ledger.run_lease", "local_weather_loader"),
        one("select", "future tables in schema local_flights.landing", "public"),
        one("select", "future tables in schema local_weather.silver", "local_reader"),
        one("usage", "future schemas in database local_weather", "local_reader"),
        lost("select", "future tables in schema local_flights.quarantine", "local_flights_owner"),
        one("usage", "future sequences in schema local_weather.landing", "local_reader"),
        one("usage", "stage local_flights.landing.inbox", "local_reader"),
        lost("usage", "stage local_weather.landing.inbox", "local_weather_loader"),
        Hand(
            "grant usage on database local_flights to role local_flights_analyst with grant option",
            "revoke grant option for usage on database local_flights from role local_flights_analyst",
            ("role LOCAL_FLIGHTS_ANALYST: USAGE on database LOCAL_FLIGHTS: held with the grant option, which nothing "
             "here gives",),
        ),
        Hand(
            "grant update on all tables in schema local_flights.ledger to role local_reader",
            "revoke update on all tables in schema local_flights.ledger from role local_reader",
            tuple(
                f"role LOCAL_READER: UPDATE on table LOCAL_FLIGHTS.LEDGER.{table}{UNKNOWN}"
                for table in (
                    "LOADS", "LOAD_FILES", "NODE_RESULTS", "RELEASES", "RELEASE_EVENTS", "RELEASE_STATE", "RUN_LEASE",
                    "CHECK_RESULTS",
                )
            ),
        ),
    ]  # fmt: skip


def things() -> list[Hand]:
    return [
        owned("schema", "local_flights.silver", "local_reader"),
        owned("schema", "local_flights.gold", "sysadmin", "local_flights_publisher"),
        owned("table", "local_flights.ledger.node_results", "local_flights_transformer"),
        owned("warehouse", "local_weather_wh", "local_reader"),
        owned("database", "local_weather", "local_reader"),
        owned("stage", "local_weather.landing.inbox", "local_reader"),
        made("database", "spare"),
        made("warehouse", "spare_wh"),
        made("schema", "local_flights.extra"),
        made("table", "local_weather.landing.copy_of_it", "(a int)"),
        made("stage", "local_flights.landing.mine", "url = 's3://elsewhere/x/'"),
        made("stage", "local_flights.bronze.mine", "url = 's3://elsewhere/x/'"),
        made("view", "local_flights.gold.peek", "as select 1 as a"),
        made("view", "local_weather.ledger.peek", "as select 1 as a"),
        made("sequence", "local_flights.landing.numbers"),
        made("file format", "local_flights.landing.lines", "type = csv"),
        Hand(
            "create function local_flights.bronze.same(x varchar) returns varchar language python "
            "runtime_version = '3.11' handler = 'same' as 'def same(x): return x'",
            "drop function local_flights.bronze.same(varchar)",
            (f"function LOCAL_FLIGHTS.BRONZE.SAME{MADE}",),
        ),
        Hand(
            'create schema local_flights."lower"', 'drop schema local_flights."lower"',
            (f"schema LOCAL_FLIGHTS.lower{MADE}",),
        ),
        owned("integration", "assay_local_landing", "local_reader"),
        owned("role", "local_weather_analyst", "local_reader"),
        Hand(
            "grant ownership on user anna_keller to role local_reader",
            "grant ownership on user anna_keller to role assay_permissions",
            ("user ANNA_KELLER: owned by role LOCAL_READER, and should be by an administrator's role",),
        ),
        made("role", "spy"),
        Hand('create role "Not so plain"', 'drop role "Not so plain"', (f"role Not so plain{MADE}",)),
        Hand(
            'grant usage on database local_weather to role "Not so plain"',
            'revoke usage on database local_weather from role "Not so plain"',
            (f"role Not so plain: USAGE on database LOCAL_WEATHER{UNKNOWN}",),
        ),
        Hand('create user "lower"', 'drop user "lower"', (f"user lower{MADE}",)),
        Hand(
            'grant role "Not so plain" to user "lower"',
            'revoke role "Not so plain" from user "lower"',
            (f"user lower: role Not so plain{UNKNOWN}",),
        ),
        made("user", "mallory", "type = person"),
        made("user", "robot", "type = service"),
    ]  # fmt: skip


def users(key: str) -> list[Hand]:
    none = "not set"
    return [
        altered("lena_brandt", "set password = 'only-for-tests'", "unset password", "password", "set", none),
        altered("mara_lind", "set type = service", "set type = person", "type", "SERVICE", "PERSON"),
        altered(
            "lena_brandt", "set default_secondary_roles = ('ALL')", "set default_secondary_roles = ()",
            "default_secondary_roles", "ALL", "()",
        ),
        altered(
            "lena_brandt", "set default_role = sysadmin", "set default_role = local_reader",
            "default_role", "SYSADMIN", "LOCAL_READER",
        ),
        altered(
            "mara_lind", "set default_warehouse = compute_wh", "set default_warehouse = local_flights_wh",
            "default_warehouse", "COMPUTE_WH", "LOCAL_FLIGHTS_WH",
        ),
        altered("mara_lind", "set disabled = true", "set disabled = false", "disabled", "true", "false"),
        altered("mara_lind", f"set rsa_public_key = '{key}'", "unset rsa_public_key", "key", "set", none),
        altered(
            "mara_lind", "set network_policy = open_door", "unset network_policy", "network_policy", "open_door", none
        ),
        altered(
            "lena_brandt", "set mins_to_bypass_mfa = 1440", "unset mins_to_bypass_mfa",
            "mins_to_bypass_mfa", "1440", none,
        ),
        altered(
            "lena_brandt", "set email = 'eve@example.org'", "set email = 'lena.brandt@example.com'",
            "email", "eve@example.org", "lena.brandt@example.com",
        ),
        altered(
            "lena_brandt", "set login_name = 'eve'", "set login_name = 'lena.brandt@example.com'",
            "login_name", "eve", "lena.brandt@example.com",
        ),
        altered(
            "local_flights_loader", "set type = legacy_service", "set type = service",
            "type", "LEGACY_SERVICE", "SERVICE", "Terraform",
        ),
        altered(
            "local_flights_loader", "unset rsa_public_key", f"set rsa_public_key = '{key}'",
            "key", none, "set", "Terraform",
        ),
        altered(
            "local_weather_loader", "set disabled = true", "set disabled = false",
            "disabled", "true", "false", "Terraform",
        ),
        altered(
            "local_weather_loader", "set default_role = public", "set default_role = local_weather_loader",
            "default_role", "PUBLIC", "LOCAL_WEATHER_LOADER", "Terraform",
        ),
        altered(
            "local_weather_loader",
            "set default_namespace = 'LOCAL_FLIGHTS'", "set default_namespace = 'LOCAL_WEATHER'",
            "default_namespace", "LOCAL_FLIGHTS", "LOCAL_WEATHER", "Terraform",
        ),
        altered(
            "local_weather_loader", "set default_secondary_roles = ('ALL')", "set default_secondary_roles = ()",
            "default_secondary_roles", "ALL", "()", "Terraform",
        ),
    ]  # fmt: skip


def replaced_stage() -> Hand:
    """Somebody points the zone's stage at another zone's folder; what is made again has lost its grants."""
    again = "create or replace stage local_flights.landing.inbox url = '{}' storage_integration = assay_local_landing"
    ours, theirs = "s3://assay-local-landing/flights/", "s3://assay-local-landing/weather/"
    return Hand(
        again.format(theirs),
        again.format(ours),
        (
            f"stage LOCAL_FLIGHTS.LANDING.INBOX: reads {theirs} by integration ASSAY_LOCAL_LANDING, and should read "
            f"{ours} by integration ASSAY_LOCAL_LANDING (Terraform)",
            f"role LOCAL_FLIGHTS_LOADER: USAGE on stage LOCAL_FLIGHTS.LANDING.INBOX{TERRAFORM}",
        ),
        ("grant usage on stage local_flights.landing.inbox to role local_flights_loader",),
    )


def everything(key: str) -> list[Hand]:
    return [replaced_stage(), *memberships(), *privileges(), *things(), *users(key)]
