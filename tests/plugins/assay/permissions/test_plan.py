"""Plans of a file and a snapshot, with no warehouse."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace

import pytest

from assay.permissions.apply import PermissionsRefused, guard, statements
from assay.permissions.model import Snapshot, Thing, User
from assay.permissions.plan import Plan, plan
from tests.plugins.assay.permissions.cases import grant, snapshot, spec

ANNA = "users: [{anna: {member_of: [local_flights_owner]}}]"
SETTLED = {"ANNA": User("LOCAL_FLIGHTS_OWNER", "LOCAL_FLIGHTS_WH")}
OWNS = grant("user ANNA", "role LOCAL_FLIGHTS_OWNER")


def lines(text: str, found: Snapshot) -> list[str]:
    return plan(spec(text), found).lines()


def test_a_person_is_a_line_and_gets_role_default_role_and_warehouse() -> None:
    found = plan(spec("users: [{anna: {email: a@example.com, member_of: [local_flights_owner]}}]"), snapshot())
    assert found.lines() == [
        "+ user ANNA is made (users.anna)",
        "+ user ANNA: role LOCAL_FLIGHTS_OWNER (users.anna.member_of)",
    ]
    assert list(statements(found)) == [
        "create user if not exists ANNA\n    login_name = 'a@example.com' email = 'a@example.com'\n"
        "    default_role = LOCAL_FLIGHTS_OWNER\n    default_warehouse = LOCAL_FLIGHTS_WH\n"
        "    default_secondary_roles = () type = person disabled = false comment = 'Made by users.anna of roles.yml'",
        "grant ROLE LOCAL_FLIGHTS_OWNER to USER ANNA",
    ]


def test_what_is_as_the_file_says_needs_no_plan() -> None:
    found = plan(spec(ANNA), snapshot(OWNS, users=SETTLED))
    assert not found
    assert (found.lines(), list(statements(found))) == ([], [])


def test_a_managed_persons_other_roles_are_taken_after_the_new_ones_are_given() -> None:
    found = plan(spec(ANNA), snapshot(grant("user ANNA", "role LOCAL_WEATHER_OWNER"), users=SETTLED))
    assert list(statements(found)) == [
        "grant ROLE LOCAL_FLIGHTS_OWNER to USER ANNA",
        "revoke ROLE LOCAL_WEATHER_OWNER from USER ANNA",
    ]


def test_of_a_role_that_is_listed_the_file_decides_who_has_it_and_of_others_it_only_tells() -> None:
    """Permifrost revokes whatever is unlisted; here an unlisted user's unlisted role is somebody else's business."""
    held = snapshot(OWNS, grant("user MALLORY", "role LOCAL_FLIGHTS_OWNER"), users=SETTLED)
    assert lines(ANNA, held) == [
        "! user MALLORY: role LOCAL_FLIGHTS_OWNER: roles.yml does not know of it, and leaves it"
    ]
    assert not plan(spec(ANNA), held)
    assert lines(f"roles: [local_flights_owner]\n{ANNA}", held) == [
        "- user MALLORY: role LOCAL_FLIGHTS_OWNER (roles.local_flights_owner)"
    ]


def test_protected_roles_programs_and_ownership_are_never_touched() -> None:
    held = snapshot(
        OWNS,
        grant("user ANNA", "role ACCOUNTADMIN"),
        grant("user ANNA", "role LOCAL_FLIGHTS_LOADER"),
        grant("user ROBOT", "role LOCAL_FLIGHTS_OWNER"),
        grant("role READER", "table SANDBOX.PUBLIC.T", "OWNERSHIP"),
        grant("role READER", "role SECURITYADMIN"),
        users=SETTLED | {"ROBOT": User(program=True)},
    )
    assert lines(f"roles: [local_flights_owner, reader: {{}}]\n{ANNA}", held) == []


def test_zone_roles_keep_what_terraform_gave_them_and_other_roles() -> None:
    held = snapshot(
        OWNS,
        grant("role LOCAL_FLIGHTS_OWNER", "role LOCAL_FLIGHTS_ANALYST"),
        grant("role SYSADMIN", "role LOCAL_FLIGHTS_OWNER"),
        grant("role LOCAL_FLIGHTS_OWNER", "schema LOCAL_FLIGHTS.GOLD"),
        users=SETTLED,
    )
    assert lines(f"roles: [local_flights_owner, local_flights_analyst]\n{ANNA}", held) == []


def test_a_role_that_the_file_describes_has_exactly_what_it_says() -> None:
    text = "roles: [reader: {member_of: [local_flights_analyst], warehouses: [adhoc_wh]}]"
    held = snapshot(
        grant("role READER", "role LOCAL_WEATHER_ANALYST"),
        grant("role READER", "warehouse ADHOC_WH"),
        grant("role READER", "account ASSAY", "MANAGE GRANTS"),
        grant("role READER", "future TABLE SANDBOX.PUBLIC", "SELECT"),
        things=("warehouse ADHOC_WH",),
    )
    found = plan(spec(text), held)
    assert found.lines() == [
        "+ role READER: role LOCAL_FLIGHTS_ANALYST (roles.reader.member_of)",
        "+ role READER: MONITOR on warehouse ADHOC_WH (roles.reader.warehouses)",
        "+ role READER: OPERATE on warehouse ADHOC_WH (roles.reader.warehouses)",
        "- role READER: MANAGE GRANTS on account ASSAY (roles.reader.privileges)",
        "- role READER: SELECT on future tables in SANDBOX.PUBLIC (roles.reader.privileges)",
        "- role READER: role LOCAL_WEATHER_ANALYST (roles.reader.member_of)",
    ]
    assert list(statements(found))[-3:] == [
        "revoke MANAGE GRANTS on ACCOUNT from ROLE READER",
        "revoke SELECT on FUTURE TABLES in SCHEMA SANDBOX.PUBLIC from ROLE READER",
        "revoke ROLE LOCAL_WEATHER_ANALYST from ROLE READER",
    ]


PRIVILEGES = """
roles:
  - reader:
      privileges:
        databases: {read: [sandbox]}
        schemas: {read: [sandbox.*]}
        tables: {read: [sandbox.public.*], write: [sandbox.public.scratch, sandbox.later.t]}
"""


def test_levels_and_stars_are_permifrosts() -> None:
    held = snapshot(
        things=(
            "role READER", "database SANDBOX", "schema SANDBOX.PUBLIC", "table SANDBOX.PUBLIC.SCRATCH",
            "view SANDBOX.PUBLIC.SUMS", "table SANDBOX.OTHER.NOT_MEANT",
        )
    )  # fmt: skip
    found = plan(spec(PRIVILEGES), held)
    assert [str(each.grant) for each in found.grants] == [
        "role READER: USAGE on database SANDBOX",
        "role READER: USAGE on future schemas in SANDBOX",
        "role READER: SELECT on future tables in SANDBOX.PUBLIC",
        "role READER: SELECT on future views in SANDBOX.PUBLIC",
        "role READER: USAGE on schema SANDBOX.PUBLIC",
        *(f"role READER: {privilege} on table SANDBOX.PUBLIC.SCRATCH"
          for privilege in ("DELETE", "INSERT", "REFERENCES", "SELECT", "TRUNCATE", "UPDATE")),
        "role READER: SELECT on view SANDBOX.PUBLIC.SUMS",
    ]  # fmt: skip
    assert {each.missing.name for each in found.pending} == {"SANDBOX.LATER.T"}


def test_what_does_not_exist_yet_is_pending_and_no_failure() -> None:
    """Permifrost's dry run ends at the first object that is not there."""
    nothing = replace(snapshot(users=SETTLED), things=frozenset({Thing("ROLE", "READER")}))
    found = plan(spec(f"{PRIVILEGES}\n{ANNA}"), nothing)
    assert not found
    assert "? user ANNA: role LOCAL_FLIGHTS_OWNER: waits for role LOCAL_FLIGHTS_OWNER" in found.lines()
    assert "? role READER: USAGE on database SANDBOX: waits for database SANDBOX" in found.lines()
    assert list(statements(found)) == []


def test_database_roles_are_made_filled_and_given_to_roles() -> None:
    text = """
database_roles: [sandbox.reading: {privileges: {schemas: {read: [sandbox.public]}}}]
roles: [reader: {member_of: [sandbox.reading]}]
"""
    found = plan(spec(text), snapshot(things=("database SANDBOX", "schema SANDBOX.PUBLIC")))
    assert list(statements(found)) == [
        "create database role if not exists SANDBOX.READING "
        "comment = 'Made by database_roles.sandbox.reading of roles.yml'",
        "create role if not exists READER comment = 'Made by roles.reader of roles.yml'",
        "grant USAGE on SCHEMA SANDBOX.PUBLIC to DATABASE ROLE SANDBOX.READING",
        "grant DATABASE ROLE SANDBOX.READING to ROLE READER",
    ]
    waiting = plan(spec(text), snapshot())
    assert [each.thing.name for each in waiting.creates] == ["READER"]
    assert len(waiting.pending) == 2


def test_a_person_who_may_not_log_in_is_switched_off_and_defaults_are_kept_up() -> None:
    text = "users: [{anna: {can_login: false, member_of: [local_flights_owner]}}]"
    held = snapshot(OWNS, users={"ANNA": User("PUBLIC", "LOCAL_FLIGHTS_WH")})
    assert lines(text, held) == [
        "~ user ANNA: default_role PUBLIC becomes LOCAL_FLIGHTS_OWNER",
        "~ user ANNA: disabled false becomes true",
    ]


def test_who_loses_everything_loses_the_defaults_too() -> None:
    found = plan(spec("users: [anna]"), snapshot(OWNS, users=SETTLED))
    assert list(statements(found)) == [
        "revoke ROLE LOCAL_FLIGHTS_OWNER from USER ANNA",
        "alter user ANNA unset DEFAULT_ROLE",
        "alter user ANNA unset DEFAULT_WAREHOUSE",
    ]


def test_odd_names_of_others_are_quoted() -> None:
    odd = Thing("USER", 'pat "the cat" o.neil')
    held = snapshot(replace(grant("user X", "role LOCAL_FLIGHTS_OWNER"), to=odd))
    (statement,) = statements(plan(spec("roles: [local_flights_owner]"), held))
    assert statement == 'revoke ROLE LOCAL_FLIGHTS_OWNER from USER "pat ""the cat"" o.neil"'


def test_the_order_does_not_depend_on_the_order_of_the_file_or_of_what_the_warehouse_shows() -> None:
    people = [f"{{p{number}: {{member_of: [local_flights_owner, local_weather_owner]}}}}" for number in range(4)]
    plans = set()
    for order in itertools.islice(itertools.permutations(people), 12):
        held = [grant(f"user P{number}", "role LOCAL_FLIGHTS_ANALYST") for number in range(4)]
        random.Random(0).shuffle(held)
        plans.add(json.dumps(plan(spec(f"users: [{', '.join(order)}]"), snapshot(*held)).plain()))
    assert len(plans) == 1


def test_too_many_revokes_are_refused_with_the_number_that_would_allow_them() -> None:
    held = snapshot(*(grant(f"user P{number}", "role LOCAL_FLIGHTS_OWNER") for number in range(3)))
    found = plan(spec("roles: [local_flights_owner]"), held)
    guard(found, 3)
    with pytest.raises(PermissionsRefused, match=r"planned: 3, that may be made at once: 2; .* say --max-revokes 3"):
        guard(found, 2)


def test_programs_get_the_plan_as_a_list_of_changes() -> None:
    found = plan(spec(ANNA), snapshot(grant("user ANNA", "role LOCAL_WEATHER_OWNER"), users=SETTLED)).plain()
    assert {key: found[key] for key in ("kind", "format_version", "pending", "unmanaged")} == {
        "kind": "permissions", "format_version": "1.0", "pending": [], "unmanaged": [],
    }  # fmt: skip
    anna = {"kind": "USER", "name": "ANNA"}
    assert found["changes"] == [
        {
            "action": "grant", "address": "user ANNA: role LOCAL_FLIGHTS_OWNER", "privilege": "USAGE", "to": anna,
            "on": {"kind": "ROLE", "name": "LOCAL_FLIGHTS_OWNER"}, "because": "users.anna.member_of",
        },
        {
            "action": "revoke", "address": "user ANNA: role LOCAL_WEATHER_OWNER", "privilege": "USAGE", "to": anna,
            "on": {"kind": "ROLE", "name": "LOCAL_WEATHER_OWNER"}, "because": "users.anna.member_of",
        },
    ]  # fmt: skip
    assert Plan("roles.yml").plain()["changes"] == []
