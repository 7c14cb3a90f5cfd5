"""Who may do what, enforced by a warehouse: zones are closed to each other, and so are a zone's stages."""

from __future__ import annotations

import pytest

from assay.warehouse import Warehouse, WarehouseError
from assay.zones import ServiceRole, Zone
from tests.plugins.assay.conftest import Account, Provisioned, all_statements, provision

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def provisioned(account: Account, zones: list[Zone]) -> Provisioned:
    """Shared: each test here makes things of names that no other uses."""
    return provision(account, zones)


def refused(login: Warehouse, statement: str) -> bool:
    try:
        login.execute(statement)
    except WarehouseError:
        return True
    return False


def test_the_statements_can_run_again(provisioned: Provisioned) -> None:
    admin = provisioned.account.admin()
    for statement in all_statements(provisioned):
        admin.execute(statement)


def test_every_service_user_logs_in_with_its_key_into_its_role(provisioned: Provisioned) -> None:
    for service_role in ServiceRole:
        (row,) = provisioned.login_as("flights", service_role).execute(
            "select current_user() as u, current_role() as r"
        )
        assert set(row.values()) == {provisioned.names("flights").role(service_role)}


def test_the_loader_writes_landing_bronze_and_quarantine_and_sees_nothing_after_that(provisioned: Provisioned) -> None:
    names = provisioned.names("flights")
    loader = provisioned.login_as("flights", ServiceRole.LOADER)
    for schema in ("LANDING", "QUARANTINE", "BRONZE"):
        loader.execute(f"create table {names.schema(schema)}.src_planes as select 1 as seats")
    for schema in ("SILVER", "GOLD", "GOLD_NEXT", "GOLD_PREVIOUS"):
        assert refused(loader, f"create table {names.schema(schema)}.planes (seats int)"), schema
        provisioned.account.admin().execute(f"create table {names.schema(schema)}.secret (a int)")
        assert refused(loader, f"select * from {names.schema(schema)}.secret"), schema


def test_the_transformer_reads_what_was_approved_and_never_what_was_landed(provisioned: Provisioned) -> None:
    names = provisioned.names("flights")
    loader = provisioned.login_as("flights", ServiceRole.LOADER)
    transformer = provisioned.login_as("flights", ServiceRole.TRANSFORMER)
    loader.execute(f"create table {names.approved('wings')} as select 1 as seats")
    loader.execute(f"create table {names.schema('LANDING')}.wings as select 1 as seats")
    assert transformer.execute(f"select seats from {names.approved('wings')}") == [{"seats": 1}]
    assert refused(transformer, f"select * from {names.schema('LANDING')}.wings")
    assert refused(transformer, f"delete from {names.approved('wings')}")
    for schema in ("BRONZE", "SILVER"):
        transformer.execute(f"create table {names.schema(schema)}.wings as select 1 as seats")
        transformer.execute(f"create view {names.schema(schema)}.wings_view as select 1 as seats")
        transformer.execute(f"create sequence {names.schema(schema)}.wings_key")


def test_only_the_publisher_touches_live_gold_and_the_register_of_releases(provisioned: Provisioned) -> None:
    names = provisioned.names("flights")
    swap = f"alter schema {names.schema('GOLD')} swap with {names.schema('GOLD_PREVIOUS')}"
    forge = f"update {names.ledger}.releases set status = 'published'"
    for service_role in (ServiceRole.LOADER, ServiceRole.TRANSFORMER):
        login = provisioned.login_as("flights", service_role)
        assert refused(login, swap), service_role
        assert refused(login, forge), service_role
    publisher = provisioned.login_as("flights", ServiceRole.PUBLISHER)
    publisher.execute(swap)
    publisher.execute(forge)


def test_the_loader_writes_the_registers_of_loads_and_nobody_else_of_the_zone_does(provisioned: Provisioned) -> None:
    ledger = provisioned.names("flights").ledger
    statement = f"delete from {ledger}.loads where load_id = 'L0'"
    provisioned.login_as("flights", ServiceRole.LOADER).execute(statement)
    assert refused(provisioned.login_as("flights", ServiceRole.TRANSFORMER), statement)
    assert refused(provisioned.login_as("flights", ServiceRole.PUBLISHER), statement)


@pytest.mark.parametrize("service_role", list(ServiceRole))
def test_a_zone_cannot_enter_another_zone(provisioned: Provisioned, service_role: ServiceRole) -> None:
    other = provisioned.names("flights")
    admin = provisioned.account.admin()
    login = provisioned.login_as("weather", service_role)
    for schema in ("LANDING", "QUARANTINE", "BRONZE", "SILVER", "GOLD"):
        admin.execute(f"create table if not exists {other.schema(schema)}.t_{service_role} (a int)")
        assert refused(login, f"select * from {other.schema(schema)}.t_{service_role}"), schema
        assert refused(login, f"create table {other.schema(schema)}.mine (a int)"), schema


def test_the_analyst_reads_gold_alone_and_the_owner_reads_quarantine_too(provisioned: Provisioned) -> None:
    names = provisioned.names("flights")
    loader = provisioned.login_as("flights", ServiceRole.LOADER)
    loader.execute(f"create table {names.quarantine('tails')} as select 1 as seats")
    loader.execute(f"create table {names.schema('LANDING')}.tails as select 1 as seats")
    loader.execute(f"create table {names.approved('tails')} as select 1 as seats")
    analyst = provisioned.as_role("flights", names.analyst)
    owner = provisioned.as_role("flights", names.owner)
    assert owner.execute(f"select seats from {names.quarantine('tails')}") == [{"seats": 1}]
    assert refused(analyst, f"select * from {names.quarantine('tails')}")
    for login in (analyst, owner):
        assert refused(login, f"select * from {names.schema('LANDING')}.tails")
        assert refused(login, f"select * from {names.approved('tails')}")


def test_no_role_of_another_zone_writes_or_reads_a_ledger(provisioned: Provisioned) -> None:
    ledger = provisioned.names("flights").ledger
    for service_role in ServiceRole:
        login = provisioned.login_as("weather", service_role)
        for statement in (
            f"insert into {ledger}.loads (load_id, zone) values ('L0', 'flights')",
            f"update {ledger}.releases set status = 'published'",
            f"delete from {ledger}.load_files",
            f"select * from {ledger}.release_events",
        ):
            assert refused(login, statement), (service_role, statement)


def test_a_zone_that_reads_from_another_sees_which_release_was_live_and_nothing_else_of_its_ledger(
    provisioned: Provisioned,
) -> None:
    weather = provisioned.names("weather")
    provisioned.login_as("weather", ServiceRole.PUBLISHER).execute(
        f"insert into {weather.ledger}.release_events (zone, release_id, event, happened_at) "
        "select 'weather', 'R1', column1, sysdate() from values ('candidate'), ('published')"
    )
    reader = provisioned.login_as("flights", ServiceRole.PUBLISHER)
    assert len(reader.execute(f"select zone, release_id from {weather.ledger}.published")) == 1
    assert refused(reader, f"select * from {weather.ledger}.release_events")
    assert refused(provisioned.login_as("flights", ServiceRole.LOADER), f"select * from {weather.ledger}.published")
    assert refused(provisioned.login_as("weather", ServiceRole.LOADER), f"select * from {weather.ledger}.published")
