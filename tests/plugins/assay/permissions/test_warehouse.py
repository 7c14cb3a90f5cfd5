"""Plans carried out on the embedded warehouse, by the login that manages grants and has no other right."""

from __future__ import annotations

import pytest

from assay.permissions import PermissionsRefused, login
from assay.warehouse import WarehouseError
from tests.plugins.assay.permissions.conftest import Company

pytestmark = pytest.mark.core

FILE = """
roles:
  - local_flights_analyst
  - local_flights_owner
  - local_readers: {member_of: [local_flights_analyst, local_weather_analyst]}
users:
  - local_lena: {member_of: [local_readers]}
  - local_anna: {email: anna@example.com, member_of: [local_flights_owner]}
"""


def said(company: Company, lines: list[str]) -> list[str]:
    return [line.replace(company.environment.upper(), "LOCAL").replace(company.environment, "local") for line in lines]


def test_from_nothing_the_plan_is_exactly_this_and_applied_twice_there_is_none(company: Company) -> None:
    company.write(FILE)
    planned = company.plan()
    assert said(company, planned.lines()) == [
        "+ role LOCAL_READERS is made (roles.local_readers)",
        "+ user LOCAL_ANNA is made (users.local_anna)",
        "+ user LOCAL_LENA is made (users.local_lena)",
        "+ role LOCAL_READERS: role LOCAL_FLIGHTS_ANALYST (roles.local_readers.member_of)",
        "+ role LOCAL_READERS: role LOCAL_WEATHER_ANALYST (roles.local_readers.member_of)",
        "+ user LOCAL_ANNA: role LOCAL_FLIGHTS_OWNER (users.local_anna.member_of)",
        "+ user LOCAL_LENA: role LOCAL_READERS (users.local_lena.member_of)",
    ]
    assert company.apply() == planned
    assert not company.plan()
    assert not company.apply()


def test_what_was_changed_by_hand_is_found_and_put_right(company: Company) -> None:
    company.write(FILE)
    company.apply()
    company.admin(
        "create user local_mallory type = person",
        "create user local_robot type = service",
        "grant role local_flights_owner to user local_mallory",
        "grant role local_flights_owner to user local_robot",
        "grant role local_weather_owner to user local_mallory",
        "grant role local_weather_owner to user local_lena",
        "grant role accountadmin to user local_lena",
        "revoke role local_flights_owner from user local_anna",
        "grant role local_weather_owner to role local_readers",
        "grant select on all tables in schema local_flights.ledger to role local_readers",
        "alter user local_lena set default_role = public",
    )
    found = company.plan()
    ledger = sorted(
        f"- role LOCAL_READERS: SELECT on table LOCAL_FLIGHTS.LEDGER.{table} (roles.local_readers.privileges)"
        for table in (
            "LOADS",
            "LOAD_FILES",
            "NODE_RESULTS",
            "RELEASES",
            "RELEASE_EVENTS",
            "RELEASE_STATE",
            "RUN_LEASE",
            "CHECK_RESULTS",
        )
    )
    assert said(company, found.lines()) == [
        "+ user LOCAL_ANNA: role LOCAL_FLIGHTS_OWNER (users.local_anna.member_of)",
        "- role LOCAL_READERS: role LOCAL_WEATHER_OWNER (roles.local_readers.member_of)",
        *ledger,
        "- user LOCAL_LENA: role LOCAL_WEATHER_OWNER (users.local_lena.member_of)",
        "- user LOCAL_MALLORY: role LOCAL_FLIGHTS_OWNER (roles.local_flights_owner)",
        "~ user LOCAL_LENA: default_role PUBLIC becomes LOCAL_READERS",
    ]
    with pytest.raises(PermissionsRefused, match="planned: 11, that may be made at once: 10"):
        company.apply(max_revokes=10)
    assert company.plan() == found, "what is refused changes nothing"
    company.apply(max_revokes=11)
    assert not company.plan()
    kept = {row["role"].lower() for row in company.admin("show grants to user local_lena")}
    assert kept == {f"{company.environment}_readers", "accountadmin"}, "protected roles stay"


def test_privileges_on_what_is_no_zones_come_with_what_is_made_later(company: Company) -> None:
    company.admin(
        "create database local_sandbox",
        "create table local_sandbox.public.mine (a int)",
        "create view local_sandbox.public.sums as select a from local_sandbox.public.mine",
    )
    company.write(
        """
roles:
  - local_makers:
      warehouses: [local_flights_wh]
      privileges:
        databases: {read: [local_sandbox]}
        schemas: {write: [local_sandbox.public], read: [local_sandbox.later]}
        tables: {read: [local_sandbox.public.*], write: [local_sandbox.public.mine]}
users:
  - local_uma: {member_of: [local_makers]}
"""
    )
    found = company.apply()
    assert said(company, found.lines())[-1] == (
        "? role LOCAL_MAKERS: USAGE on schema LOCAL_SANDBOX.LATER: waits for schema LOCAL_SANDBOX.LATER"
    )
    assert not company.plan()
    company.admin("create schema local_sandbox.later", "create table local_sandbox.public.new (a int)")
    assert said(company, company.plan().lines()) == [
        "+ role LOCAL_MAKERS: USAGE on schema LOCAL_SANDBOX.LATER (roles.local_makers.privileges.schemas.read)"
    ]
    company.write("roles: [local_makers: {}]")
    lost = company.apply(max_revokes=100)
    assert len(lost.revokes) == len(found.grants) + 1, "all of it again, and what the new table was given at its birth"
    assert {row["privilege"] for row in company.admin("show grants to role local_makers")} == set()


def test_a_person_can_do_what_the_line_says_and_no_more(company: Company) -> None:
    company.write(FILE)
    company.apply()
    company.admin("alter user local_lena set password = 'only-for-tests'")
    lena = company.provisioned.account.connect(f"{company.environment}_lena", password="only-for-tests")
    (row,) = lena.execute("select current_role() as role, current_warehouse() as warehouse")
    assert row == {
        "role": f"{company.environment}_READERS".upper(), "warehouse": f"{company.environment}_FLIGHTS_WH".upper(),
    }  # fmt: skip
    lena.execute(f"show tables in schema {company.environment}_weather.gold")
    with pytest.raises(WarehouseError, match="does not exist or not authorized"):
        lena.execute(f"select * from {company.environment}_flights.ledger.loads")


def test_the_login_that_manages_grants_reads_no_data(company: Company) -> None:
    with pytest.raises(WarehouseError, match=r"not authorized|Insufficient privileges"):
        company.manager.execute(f"select * from {company.environment}_flights.ledger.loads")
    granted = {(row["privilege"], row["granted_on"]) for row in company.admin(f"show grants to role {login.NAME}")}
    assert granted >= {("MANAGE GRANTS", "ACCOUNT"), ("CREATE ROLE", "ACCOUNT"), ("CREATE USER", "ACCOUNT")}


def test_database_roles_are_refused_by_name_where_the_warehouse_has_none(company: Company) -> None:
    company.write("database_roles: [local_flights_x.reading: {}]")
    assert not company.plan(), "their database is not there: nothing has to be asked"
    company.admin("create database local_box")
    company.write("database_roles: [local_box.reading: {}]")
    with pytest.raises(WarehouseError, match="the embedded warehouse does not support"):
        company.plan()
