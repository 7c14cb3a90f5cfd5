"""The same rules on plans of permissions: what they refuse, and that the environments' own files pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assay.permissions import Grant, Snapshot, Thing, User, load, plan
from assay.permissions.plan import Change, Create, Pending, Plan, Setting
from assay.permissions.spec import Person, Platform
from tests.terraform.policy_checks import Findings, PolicyCheck, ids, policy_check

ANNA, READER = Thing("USER", "ANNA"), Thing("ROLE", "READER")


def member(to: Thing, role: str) -> Change:
    return Change(Grant(to, Thing("ROLE", role), "USAGE"), "roles.yml")


def may(to: Thing, privilege: str, kind: str = "DATABASE", name: str = "SANDBOX") -> Change:
    return Change(Grant(to, Thing(kind, name), privilege), "roles.yml")


def awaited(to: Thing) -> Pending:
    table = Thing("TABLE", "A.B.C")
    return Pending(Grant(to, table, "SELECT"), table)


def person(default_role: str) -> Person:
    return Person("ANNA", (default_role,), default_role, "ADHOC_WH", True, "")


def planned(**parts: tuple[Any, ...]) -> dict[str, Any]:
    return Plan("roles.yml", **parts).plain()


@dataclass(frozen=True)
class Case:
    """`wrong` is refused by `rule` and by no other; `right` by none."""

    rule: str
    what: str
    wrong: dict[str, Any]
    right: dict[str, Any]


CASES = (
    Case(
        "ACCESS-3", "all who have a role lose what it contained",
        planned(revokes=(member(READER, "DEV_FLIGHTS_ANALYST"),)), planned(revokes=(member(ANNA, "READER"),)),
    ),
    Case(
        "ACCESS-3", "all who have a role lose a privilege",
        planned(revokes=(may(READER, "USAGE"),)), planned(grants=(may(READER, "USAGE"),)),
    ),
    Case(
        "ACCESS-5", "a role for everybody",
        planned(grants=(member(Thing("ROLE", "PUBLIC"), "READER"),)), planned(grants=(member(READER, "OTHER"),)),
    ),
    Case(
        "ACCESS-5", "a privilege for everybody, as soon as its table is there",
        planned(pending=(awaited(Thing("ROLE", "PUBLIC")),)), planned(pending=(awaited(READER),)),
    ),
    Case(
        "ACCESS-6", "a role that can grant itself anything",
        planned(grants=(member(ANNA, "SECURITYADMIN"),)), planned(grants=(member(ANNA, "SYSADMIN"),)),
    ),
    Case(
        "ACCESS-6", "the administrator's role hidden in another",
        planned(grants=(member(READER, "SYSADMIN"),)), planned(grants=(member(ANNA, "SYSADMIN"),)),
    ),
    Case(
        "ACCESS-6", "a new person works as administrator without noticing",
        planned(creates=(Create(ANNA, "users.anna", person("SYSADMIN")),)),
        planned(creates=(Create(ANNA, "users.anna", person("READER")),)),
    ),
    Case(
        "ACCESS-6", "a person becomes one",
        planned(settings=(Setting("ANNA", "DEFAULT_ROLE", "READER", "SYSADMIN"),)),
        planned(settings=(Setting("ANNA", "DEFAULT_ROLE", "SYSADMIN", "READER"),)),
    ),
    Case(
        "ACCESS-7", "a role may grant itself anything",
        planned(grants=(may(READER, "MANAGE GRANTS", "ACCOUNT", "ASSAY"),)), planned(grants=(may(READER, "MONITOR"),)),
    ),
    Case(
        "ACCESS-10", "a person has a program's role",
        planned(grants=(member(ANNA, "DEV_FLIGHTS_PUBLISHER"),)), planned(grants=(member(ANNA, "DEV_FLIGHTS_OWNER"),)),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def check_plans(root: Path, env_python: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> PolicyCheck:
    return policy_check(root, env_python, tmp_path_factory)


@pytest.fixture(scope="module")
def findings(check_plans: PolicyCheck) -> Findings:
    """All cases, judged in one go."""
    return check_plans(
        {
            f"{number} {side}": side_plan
            for number, case in enumerate(CASES)
            for side, side_plan in (("wrong", case.wrong), ("right", case.right))
        }
    )


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=[f"{case.rule} {case.what}" for case in CASES])
def test_a_rule_refuses_what_it_should_and_nothing_else(findings: Findings, number: int, case: Case) -> None:
    assert ids(findings[f"{number} wrong"]) == {case.rule}
    assert ids(findings[f"{number} right"]) == set()


def test_what_is_no_plan_of_permissions_is_refused(check_plans: PolicyCheck) -> None:
    whole = planned(grants=(member(ANNA, "READER"),))
    broken: dict[str, Any] = {
        "without changes": {key: value for key, value in whole.items() if key != "changes"},
        "without what is pending": {key: value for key, value in whole.items() if key != "pending"},
        "of a later format": whole | {"format_version": "2.0"},
        "with something new in it": whole | {"changes": [*whole["changes"], {"action": "transfer", "address": "x"}]},
    }
    assert {name: ids(found) for name, found in check_plans(broken).items()} == {name: {"PLAN-1"} for name in broken}


def test_a_revoke_from_a_role_can_be_accepted_by_name(check_plans: PolicyCheck) -> None:
    exceptions = """\
exceptions:
  - id: ACCESS-3
    address: "role READER: role DEV_FLIGHTS_ANALYST"
    reason: The flights zone is closed, and its readers have been told.
    expires: "2027-01-31"
"""
    found = check_plans({"plan": planned(revokes=(member(READER, "DEV_FLIGHTS_ANALYST"),))}, exceptions)["plan"]
    assert (found["deny"], [each["id"] for each in found["warn"]]) == ([], ["ACCESS-3"])


@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
def test_the_environments_own_files_pass_from_nothing(check_plans: PolicyCheck, root: Path, environment: str) -> None:
    zones = ["flights", "weather"]
    spec = load(root / f"dags/config/{environment}/roles.yml", zones, environment)
    platform = Platform.of(zones, environment)
    things = frozenset(Thing("ROLE", name) for name in (*platform.people, *platform.programs, "SYSADMIN"))
    found = plan(spec, Snapshot(things, {"ASSAY_ADMIN": User()}))
    assert found
    assert check_plans({"plan": found.plain()}, exceptions=None)["plan"]["deny"] == []
