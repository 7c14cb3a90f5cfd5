from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.cases import CASES, Case, ends, plan, resource
from tests.terraform.policy_checks import Findings, PolicyCheck, ids, policy_check
from tests.terraform.workspace import ENVIRONMENTS, Workspace


@pytest.fixture(scope="module")
def check_plans(root: Path, env_python: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> PolicyCheck:
    return policy_check(root, env_python, tmp_path_factory)


@pytest.fixture(scope="module")
def findings(check_plans: PolicyCheck) -> Findings:
    """All cases, judged in one go."""
    return check_plans(
        {
            f"{number} {side}": plan(*resources)
            for number, case in enumerate(CASES)
            for side, resources in (("wrong", case.wrong), ("right", case.right))
        }
    )


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=[f"{case.rule} {case.what}" for case in CASES])
def test_a_rule_refuses_what_it_should_and_nothing_else(findings: Findings, number: int, case: Case) -> None:
    assert ids(findings[f"{number} wrong"]) == {case.rule}
    assert ids(findings[f"{number} right"]) == set()


def declared_rules(root: Path) -> set[str]:
    return {
        rule
        for path in (root / "terraform" / "policy").glob("*.rego")
        for rule in re.findall(r'"([A-Z]+-\d+)', path.read_text())
    }


def test_every_rule_is_tried(root: Path) -> None:
    tried_below = {"PLAN-1", "EXCEPT-1", "EXCEPT-2"}
    assert {case.rule for case in CASES} | tried_below == declared_rules(root)


def test_every_rule_is_in_the_manual(root: Path) -> None:
    manual = (root / "docs" / "terraform.md").read_text()
    assert {rule for rule in declared_rules(root) if f"| {rule} |" not in manual} == set()


def test_what_is_no_complete_plan_is_refused(check_plans: PolicyCheck) -> None:
    broken = {
        "empty": {},
        "state": {"format_version": "1.0", "values": {}},
        "errored": plan(errored=True),
        "partial": plan(complete=False),
        "of a later format": plan(format_version="2.0"),
    }
    assert {name: ids(found) for name, found in check_plans(broken).items()} == {name: {"PLAN-1"} for name in broken}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_real_plan_passes(check_plans: PolicyCheck, plans: dict[str, dict[str, Any]], environment: str) -> None:
    found = check_plans({"plan": plans[environment]}, exceptions=None)["plan"]
    assert found["deny"] == []


def test_every_exception_of_the_repository_is_needed(
    check_plans: PolicyCheck, plans: dict[str, dict[str, Any]]
) -> None:
    """Without them the real plans are refused, by the rules and for the resources that they name and no others."""
    excepted = check_plans(plans, exceptions=None)
    bare = check_plans(plans)
    for environment in plans:
        assert ids(bare[environment]) == {"IAM-6"}
        refused = {each["address"] for each in bare[environment]["deny"]}
        assert refused == {each["address"] for each in excepted[environment]["warn"]}


def test_a_zone_that_is_taken_out_is_refused(check_plans: PolicyCheck, applied_infrastructure: Workspace) -> None:
    shutil.rmtree(applied_infrastructure.folder / "dags/zones/weather")
    found = check_plans({"plan": applied_infrastructure.plan("dev")}, exceptions=None)["plan"]
    database = 'module.assay.module.zone["weather"].snowflake_database.this'
    assert ("DESTROY-1", database) in {(each["id"], each["address"]) for each in found["deny"]}
    assert {"DESTROY-1", "ACCESS-3"} <= ids(found)


EXCEPTION = """\
exceptions:
  - id: DESTROY-1
    address: {address}
    reason: The zone has moved to another platform, and its owner has a copy.
    expires: "{expires}"
"""


def test_an_exception_accepts_one_finding_and_says_so(check_plans: PolicyCheck) -> None:
    doomed = plan(ends("snowflake_database"), ends("snowflake_schema"))
    exceptions = EXCEPTION.format(address="snowflake_database.it", expires="2027-01-31")
    found = check_plans({"plan": doomed}, exceptions)["plan"]
    assert [each["address"] for each in found["deny"]] == ["snowflake_schema.it"]
    assert "excepted until 2027-01-31: The zone has moved" in found["warn"][0]["msg"]


def test_an_exception_of_every_instance_covers_no_other_resource(check_plans: PolicyCheck) -> None:
    doomed = plan(
        {**ends("snowflake_schema"), "address": 'snowflake_schema.old["GOLD"]'},
        {**ends("snowflake_schema"), "address": "snowflake_schema.older"},
    )
    exceptions = EXCEPTION.format(address="snowflake_schema.old[*]", expires="2027-01-31")
    found = check_plans({"plan": doomed}, exceptions)["plan"]
    assert [each["address"] for each in found["deny"]] == ["snowflake_schema.older"]


def test_an_exception_ends_on_its_day(check_plans: PolicyCheck) -> None:
    doomed = {"plan": plan(ends("snowflake_database"))}
    exceptions = EXCEPTION.format(address="snowflake_database.it", expires="2027-01-31")
    assert ids(check_plans(doomed, exceptions, "2027-01-31")["plan"]) == set()
    assert ids(check_plans(doomed, exceptions, "2027-02-01")["plan"]) == {"DESTROY-1", "EXCEPT-2"}


@pytest.mark.parametrize("missing", ["id", "address", "reason", "expires"])
def test_an_exception_that_does_not_say_everything_is_refused(check_plans: PolicyCheck, missing: str) -> None:
    complete = EXCEPTION.format(address="snowflake_database.it", expires="2027-01-31")
    lines = [line for line in complete.splitlines() if f"{missing}:" not in line]
    lines[1] = lines[1] if lines[1].strip().startswith("-") else lines[1].replace("    ", "  - ", 1)
    found = check_plans({"plan": plan(ends("snowflake_database"))}, "\n".join(lines))["plan"]
    assert ids(found) == {"DESTROY-1", "EXCEPT-1"}


def test_a_data_source_is_no_resource(check_plans: PolicyCheck) -> None:
    looked_up = {**resource("aws_internet_gateway", {}), "mode": "data"}
    assert ids(check_plans({"plan": plan(looked_up)})["plan"]) == set()
