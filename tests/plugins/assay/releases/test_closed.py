"""Only the live release can be read, by those whom today's zone files name; at publish, at rollback, after any kill."""

from __future__ import annotations

import os
from itertools import count, product

import pytest

from assay.warehouse import Warehouse, WarehouseError
from assay.zones import ServiceRole, Zone
from assay.zones.names import CANDIDATE, GOLD, PREVIOUS
from assay.zones.readers import gold_readers
from tests.plugins.assay.conftest import Account, provision
from tests.plugins.assay.releases.conftest import Cut, GoldZone

pytestmark = pytest.mark.core

EVERY = int(os.environ.get("ASSAY_CUT_EVERY", "6"))
"""A kill at each so many statements; 1 in a deep run."""
TABLES = ("hourly_weather", "daily_weather")


class People:
    """Everybody who reads the zone's gold at some time, and one who never may."""

    def __init__(self, gold: GoldZone) -> None:
        provisioned, names = gold.provisioned, gold.names
        self.gold = gold
        self.analyst = provisioned.as_role(names.zone, names.analyst)
        self.reader = provisioned.login_as("flights", ServiceRole.TRANSFORMER)
        self.loader = provisioned.login_as(names.zone, ServiceRole.LOADER)
        self.logins = {
            "analyst": self.analyst, "transformer": gold.transformer, "reader": self.reader, "loader": self.loader,
        }  # fmt: skip

    def reads(self) -> set[tuple[str, str, str]]:
        """Who reads which table of which schema."""
        return {
            (who, schema, table)
            for (who, login), schema, table in product(self.logins.items(), (GOLD, CANDIDATE, PREVIOUS), TABLES)
            if may_read(login, f"{self.gold.names.schema(schema)}.{table}")
        }

    def wanted(self) -> set[tuple[str, str, str]]:
        """What today's files say."""
        names = self.gold.names
        roles = {
            "analyst": names.analyst,
            "transformer": names.role(ServiceRole.TRANSFORMER),
            "reader": self.gold.provisioned.names("flights").role(ServiceRole.TRANSFORMER),
            "loader": names.role(ServiceRole.LOADER),
        }
        tables = gold_readers(self.gold.zone, self.gold.names.environment, self.gold.provisioned.zones).tables
        return {
            (who, GOLD, table) for who, role in roles.items() if role in tables
            for table in (TABLES if tables[role] is None else tables[role] or ())
        }  # fmt: skip


def may_read(login: Warehouse, table: str) -> bool:
    try:
        login.execute(f"select count(*) from {table}")
    except WarehouseError:
        return False
    return True


@pytest.fixture
def people(account: Account, zones: list[Zone]) -> People:
    return People(GoldZone(provision(account, zones)))


def withdraw(gold: GoldZone, *published: str) -> None:
    """The zone's file is changed: it publishes these tables, and no others."""
    gold.zone = gold.zone.model_copy(update={"publishes": list(published)})


def test_what_stops_being_live_is_closed_and_withdrawn_access_stays_withdrawn(people: People) -> None:
    gold = people.gold
    gold.release("run1", 1)
    assert people.reads() == people.wanted()
    assert ("reader", GOLD, "hourly_weather") in people.reads()
    gold.release("run2", 2)
    assert people.reads() == people.wanted()
    withdraw(gold)
    gold.release("run3", 3)
    assert people.reads() == people.wanted()
    gold.releases().rollback("wrong", "anna", "op1")
    assert gold.hours(people.analyst) == [2]
    assert people.reads() == people.wanted(), "run2 was open to the reader while it was live"
    withdraw(gold, "hourly_weather")
    gold.releases().rollback("right after all", "anna", "op2")
    assert people.reads() == people.wanted(), "a rollback opens by the files of today, too"


def test_a_candidate_that_is_refused_or_left_is_its_builders_alone(people: People) -> None:
    gold = people.gold
    gold.release("run1", 1)
    gold.begin("run2")
    gold.build(2)
    building = people.wanted() | {("transformer", CANDIDATE, table) for table in TABLES}
    assert people.reads() == building
    gold.releases().refuse("run2", "A smoke test failed.", "airflow")
    assert people.reads() == building


def test_a_table_that_an_older_release_lacks_stops_no_rollback(people: People) -> None:
    gold = people.gold
    gold.release("run1", 1)
    gold.begin("run2")
    gold.build(2)
    gold.transformer.execute(f"create table {gold.names.schema(CANDIDATE)}.newer as select 1 as a")
    withdraw(gold, "hourly_weather", "newer")
    reads = next(zone for zone in gold.provisioned.zones if zone.zone == "flights").reads[0]
    flights = gold.provisioned.zone("flights").model_copy(
        update={"reads": [reads.model_copy(update={"tables": ["hourly_weather", "newer"]})]}
    )
    gold.provisioned.zones = [flights, *(zone for zone in gold.provisioned.zones if zone.zone != "flights")]
    gold.publish(gold.releases().history()[0], "run2")
    newer = f"{gold.names.schema(GOLD)}.newer"
    assert may_read(people.reader, newer)
    gold.releases().rollback("wrong", "anna", "op1")
    assert gold.hours(people.reader) == [1]


def test_what_was_granted_by_hand_on_a_schema_that_is_not_live_goes_with_the_next_release(people: People) -> None:
    gold = people.gold
    gold.release("run1", 1)
    gold.release("run2", 2)
    admin, role = gold.provisioned.account.admin(), gold.names.role(ServiceRole.LOADER)
    for schema in (GOLD, PREVIOUS):
        admin.execute(f"grant usage on schema {gold.names.schema(schema)} to role {role}")
        admin.execute(f"grant select on all tables in schema {gold.names.schema(schema)} to role {role}")
    assert ("loader", PREVIOUS, "hourly_weather") in people.reads()
    gold.releases().rollback("wrong", "anna", "op1")
    assert people.reads() == people.wanted()


def test_a_schema_that_was_swapped_in_by_hand_is_opened_by_the_files_of_today(people: People) -> None:
    gold = people.gold
    gold.release("run1", 1)
    withdraw(gold)
    gold.release("run2", 2)
    withdraw(gold, "hourly_weather")
    one, other = gold.names.schema(GOLD), gold.names.schema(PREVIOUS)
    gold.publisher.execute(f"alter schema {one} swap with {other}")
    gold.begin("run3")
    seen = people.reads() - {("transformer", CANDIDATE, table) for table in TABLES}
    assert seen == people.wanted()


@pytest.mark.wide
@pytest.mark.parametrize("verb", ["publish", "rollback"])
def test_killed_anywhere_no_reader_is_interrupted_and_no_more_is_open_than_the_files_say(
    people: People, verb: str
) -> None:
    """Right before the exchange today's readers see what comes, right after it what leaves; withdrawn ones neither."""
    gold = people.gold
    gold.release("old", 1)
    gold.release("new", 2)
    for cut in count(0, EVERY):
        withdraw(gold, *(["hourly_weather"] if cut % 2 else []))
        run = f"run{cut}"
        candidate = gold.begin(run) if verb == "publish" else None
        if candidate:
            gold.build(100 + cut)
        before = people.wanted() | ({("transformer", CANDIDATE, table) for table in TABLES} if candidate else set())
        opened = {(who, table) for who, _, table in people.wanted()}
        verbs = gold.releases(cut_before=cut, rights=True)
        try:
            gold.publish(candidate, run, verbs) if candidate else verbs.rollback("wrong", "anna", run)
        except Cut:
            seen = people.reads()
            still = {each for each in people.wanted() if each[0] != "reader"}
            assert still <= seen, "a reader is interrupted"
            extra = {(who, table) for who, schema, table in seen - before if schema != GOLD}
            assert extra <= opened, "more is open than today's files say"
        else:
            break
        gold.releases().resume("go on", "anna") if gold.releases().decided().hold else None
        gold.begin("settles")
        settled = people.reads() - {("transformer", CANDIDATE, table) for table in TABLES}
        assert settled >= {each for each in people.wanted() if each[0] != "reader"}
        assert not [each for each in settled if each[1] != GOLD], "what is not live is closed"
    assert cut > 20, "the test has cut nothing"
