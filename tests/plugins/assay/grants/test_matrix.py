"""Every role of every zone tries every kind of statement in every schema of every zone: what the grants say is what
happens.

What should happen is computed here from the rules that `docs/zones.md` and `assay.grants` state in words, and not from
the statements that make the grants. A sample runs in `make test`, all of it in `make test-deep`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from assay.releases import Releases
from assay.warehouse import Warehouse, WarehouseError
from assay.zones import ServiceRole, Zone
from assay.zones.names import SCHEMAS
from assay.zones.readers import GoldReaders, gold_readers
from tests.plugins.assay.conftest import Account, Provisioned, provision

pytestmark = pytest.mark.core

SAMPLES = pytest.mark.parametrize(
    "number", [pytest.param(1500, id="a sample"), pytest.param(None, id="all", marks=pytest.mark.deep)]
)
LEDGERS = {
    "LOADS": {"LOADER": "siud", "PUBLISHER": "s"},
    "LOAD_FILES": {"LOADER": "siud"},
    "CHECK_RESULTS": {"LOADER": "siud"},
    "RELEASES": {"PUBLISHER": "siud"},
    "RELEASE_EVENTS": {"PUBLISHER": "sid"},
    "NODE_RESULTS": {"TRANSFORMER": "si", "PUBLISHER": "sid"},
    "RUN_LEASE": {"LOADER": "siu", "TRANSFORMER": "siu", "PUBLISHER": "siu"},
    "RELEASE_STATE": {"PUBLISHER": "siu"},
}
"""By table, which service roles of its zone may select, insert, update and delete. PUBLISHER contains TRANSFORMER."""
INHERITED = {"PUBLISHER": "TRANSFORMER", "OWNER": "ANALYST"}
STATEMENTS = {
    "select": "select count(*) from {table}",
    "join": "select count(*) from {table} as a, lateral (select 1) as b",
    "exists": "select exists (select 1 from {table})",
    "subquery": "select (select count(*) from {table})",
    "cte": "with t as (select * from {table}) select count(*) from t",
    "clone": "create or replace table {own}.copied clone {table}",
    "create as": "create or replace table {own}.copied as select * from {table}",
    "insert": "insert into {table} select * from {table} where false",
    "update": "update {table} set {column} = {column} where false",
    "delete": "delete from {table} where false",
    "truncate": "truncate table {table}",
    "add column": "alter table {table} add column mine int",
    "rename": "alter table {table} rename to {schema}.mine",
    "drop": "drop table {table}",
    "create table": "create table {schema}.made_{n} (a int)",
    "create view": "create view {schema}.seen_{n} as select 1 as a",
    "create sequence": "create sequence {schema}.numbers_{n}",
    "create schema": "create schema {database}.made_{n}",
    "drop schema": "drop schema {schema}",
    "swap": "alter schema {schema} swap with {database}.GOLD_PREVIOUS",
    "grant": "grant select on table {table} to role public",
    "grant schema": "grant usage on schema {schema} to role public",
    "own": "grant ownership on table {table} to role {role} copy current grants",
    "describe": "describe table {table}",
    "list": "list @{database}.LANDING.INBOX",
}
READS = {"select", "join", "exists", "subquery", "cte"}
HARMLESS = READS | {"insert", "update", "delete"}
"""Statements that change nothing where they are allowed, so that all may be tried in any order."""


@dataclass(frozen=True)
class Attempt:
    zone: str
    role: str
    schema: str
    table: str
    verb: str
    of: str


class Matrix:
    """Four zones, of which two read from `weather`. Each has released twice and builds a third release."""

    def __init__(self, provisioned: Provisioned) -> None:
        self.provisioned = provisioned
        admin = provisioned.account.admin()
        for zone in provisioned.zones:
            names = provisioned.names(zone.zone)
            for schema in ("LANDING", "QUARANTINE", "BRONZE", "SILVER"):
                admin.execute(f"create table {names.schema(schema)}.thing (a int)")
            self.release(names.zone, "run1")
            self.release(names.zone, "run2")
            self.releases(names.zone).begin("run3", None, "test")
        self.roles = {
            (zone.zone, name): self.login(zone.zone, name)
            for zone in provisioned.zones for name in (*ServiceRole.__members__, "ANALYST", "OWNER")
        }  # fmt: skip

    def releases(self, zone: str) -> Releases:
        provisioned = self.provisioned

        def today() -> GoldReaders:
            return gold_readers(provisioned.zone(zone), provisioned.environment, provisioned.zones)

        return Releases(provisioned.login_as(zone, ServiceRole.PUBLISHER), provisioned.names(zone), today)

    def release(self, zone: str, run: str) -> None:
        releases = self.releases(zone)
        candidate = releases.begin(run, None, "test")
        transformer = self.provisioned.login_as(zone, ServiceRole.TRANSFORMER)
        for table in tables_of("GOLD", self.provisioned.zone(zone)):
            transformer.execute(
                f"create or replace table {self.provisioned.names(zone).schema('GOLD_NEXT')}.{table} copy grants as "
                "select 1 as a"
            )
        releases.publish(candidate.release_id, run, "test")

    def login(self, zone: str, role: str) -> Warehouse:
        if role in ServiceRole.__members__:
            return self.provisioned.login_as(zone, ServiceRole[role])
        return self.provisioned.as_role(zone, f"{self.provisioned.names(zone).database}_{role}")

    def attempts(self) -> Iterator[Attempt]:
        for (zone, role), of, schema in product(self.roles, self.provisioned.zones, SCHEMAS):
            for table, verb in product(tables_of(schema, of), sorted(HARMLESS)):
                yield Attempt(zone, role, schema, table, verb, of.zone)

    def may(self, attempt: Attempt) -> bool:
        """What the rules say."""
        verb = attempt.verb[0] if attempt.verb not in READS else "s"
        rights = self.rights(attempt)
        return verb in rights and (verb == "s" or "s" in rights)

    def rights(self, attempt: Attempt) -> str:
        schema, role, own = attempt.schema, attempt.role, attempt.zone == attempt.of
        everything = "siud"
        if schema == "LEDGER" and own:
            return LEDGERS[attempt.table].get(role, "")
        if schema == "GOLD":
            of = self.provisioned.zone(attempt.of)
            tables = gold_readers(of, self.provisioned.environment, self.provisioned.zones).tables
            database = self.provisioned.names(attempt.zone).database
            held = [f"{database}_{each}" for each in (role, INHERITED.get(role, role))]
            may = [tables[each] is None or attempt.table in tables[each] for each in held if each in tables]
            return everything if own and role == "PUBLISHER" else "s" if any(may) else ""
        if not own:
            return ""
        if schema == "GOLD_PREVIOUS":
            return everything if role == "PUBLISHER" else ""
        if schema == "GOLD_NEXT":  # a candidate is being built
            return everything if role in ("PUBLISHER", "TRANSFORMER") else ""
        if schema == "BRONZE":
            return "s" if role in ("TRANSFORMER", "PUBLISHER") else ""
        if schema == "QUARANTINE":
            return "s" if role == "OWNER" else ""
        return ""


def tables_of(schema: str, zone: Zone) -> tuple[str, ...]:
    if schema == "LEDGER":
        return tuple(LEDGERS)
    if schema.startswith("GOLD"):
        return (*zone.publishes, "inner_table")
    return ("thing",)


def attempted(login: Warehouse, statement: str) -> bool:
    try:
        login.execute(statement)
    except WarehouseError as error:
        if any(words in str(error) for words in ("not authorized", "nsufficient privileges")):
            return False
        raise AssertionError(f"{statement} fails for another reason: {error}") from error
    return True


@pytest.fixture(scope="module")
def matrix(account: Account, zones: list[Zone]) -> Matrix:
    weather = next(zone for zone in zones if zone.zone == "weather")
    reads = next(zone for zone in zones if zone.zone == "flights").reads
    more = [
        weather.model_copy(update={"zone": "tides", "publishes": ["levels"], "reads": reads}),
        weather.model_copy(update={"zone": "roads", "publishes": []}),
    ]
    return Matrix(provision(account, [*zones, *more]))


def statement_of(attempt: Attempt, matrix: Matrix) -> str:
    names = matrix.provisioned.names(attempt.of)
    column = {"LOAD_FILES": "load_id", "NODE_RESULTS": "node_id"}.get(
        attempt.table, "zone" if attempt.schema == "LEDGER" else "a"
    )
    return STATEMENTS[attempt.verb].format(
        table=f"{names.schema(attempt.schema)}.{attempt.table}", schema=names.schema(attempt.schema), column=column
    )


@SAMPLES
def test_computed_is_observed(matrix: Matrix, number: int | None) -> None:
    every = list(matrix.attempts())
    tried = random.Random(7).sample(every, number or len(every))
    wrong = [
        f"{attempt}: {'refused' if matrix.may(attempt) else 'allowed'}"
        for attempt in tried
        if attempted(matrix.roles[attempt.zone, attempt.role], statement_of(attempt, matrix)) != matrix.may(attempt)
    ]
    assert wrong == []


FORBIDDEN = sorted(STATEMENTS.keys() - HARMLESS - {"describe"})
OUTSIDE = ("describe", *FORBIDDEN)


@SAMPLES
def test_a_zone_changes_nothing_of_another(matrix: Matrix, number: int | None) -> None:
    """Statements that would change what is there: tried by each role on every other zone, whose all are refused."""
    every = [
        (Attempt(zone, role, schema, tables_of(schema, of)[0], verb, of.zone), Attempt(
            zone, role, schema, tables_of(schema, of)[0], "select", of.zone))
        for (zone, role), of, schema, verb in product(matrix.roles, matrix.provisioned.zones, SCHEMAS, OUTSIDE)
        if zone != of.zone
    ]  # fmt: skip
    assert len(every) + len(list(matrix.attempts())) > 15_000
    for attempt, reading in random.Random(8).sample(every, number or len(every)):
        if matrix.may(reading) and attempt.verb in ("describe", "clone", "create as"):
            continue
        names, own = matrix.provisioned.names(attempt.of), matrix.provisioned.names(attempt.zone)
        schema = names.schema(attempt.schema)
        statement = STATEMENTS[attempt.verb].format(
            table=f"{schema}.{attempt.table}", schema=schema, database=names.database, own=own.schema("BRONZE"),
            role=own.role(ServiceRole.LOADER), n=f"{attempt.zone}_{attempt.role}",
        )  # fmt: skip
        assert not attempted(matrix.roles[attempt.zone, attempt.role], statement), (attempt, statement)


def test_metadata_shows_a_role_nothing_of_a_zone_that_it_may_not_enter(matrix: Matrix) -> None:
    entered = set(product(("flights", "tides"), ("TRANSFORMER", "PUBLISHER")))  # they read from weather
    for (zone, role), login in matrix.roles.items():
        for of in matrix.provisioned.zones:
            database = matrix.provisioned.names(of.zone).database
            sees = {row["name"] for row in login.execute("show databases")}
            assert (database in sees) == (zone == of.zone or ((zone, role) in entered and of.zone == "weather"))
