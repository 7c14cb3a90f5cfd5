from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.cases import CASES, Case, ends, plan, resource
from tests.terraform.judging import Judge, Verdicts, ids, judging
from tests.terraform.workspace import ENVIRONMENTS, Workspace


@pytest.fixture(scope="module")
def judge(root: Path, env_python: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return judging(root, env_python, tmp_path_factory)


@pytest.fixture(scope="module")
def verdicts(judge: Judge) -> Verdicts:
    """All cases, judged in one go."""
    return judge(
        {
            f"{number} {side}": plan(*resources)
            for number, case in enumerate(CASES)
            for side, resources in (("wrong", case.wrong), ("right", case.right))
        }
    )


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=[f"{case.rule} {case.what}" for case in CASES])
def test_a_rule_refuses_what_it_should_and_nothing_else(verdicts: Verdicts, number: int, case: Case) -> None:
    assert ids(verdicts[f"{number} wrong"]) == {case.rule}
    assert ids(verdicts[f"{number} right"]) == set()


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


def test_what_is_no_complete_plan_is_refused(judge: Judge) -> None:
    broken = {
        "empty": {},
        "state": {"format_version": "1.0", "values": {}},
        "errored": plan(errored=True),
        "partial": plan(complete=False),
        "of a later format": plan(format_version="2.0"),
    }
    assert {name: ids(verdict) for name, verdict in judge(broken).items()} == {name: {"PLAN-1"} for name in broken}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_real_plan_passes(judge: Judge, plans: dict[str, dict[str, Any]], environment: str) -> None:
    verdict = judge({"plan": plans[environment]}, exceptions=None)["plan"]
    assert verdict["deny"] == []


def test_every_exception_of_the_repository_is_needed(judge: Judge, plans: dict[str, dict[str, Any]]) -> None:
    """Without them the real plans are refused, by the rules and for the resources that they name and no others."""
    excepted = judge(plans, exceptions=None)
    bare = judge(plans)
    for environment in plans:
        assert ids(bare[environment]) == {"IAM-6"}
        refused = {each["address"] for each in bare[environment]["deny"]}
        assert refused == {each["address"] for each in excepted[environment]["warn"]}


def test_a_zone_that_is_taken_out_is_refused(judge: Judge, applied_infrastructure: Workspace) -> None:
    shutil.rmtree(applied_infrastructure.folder / "dags/zones/weather")
    verdict = judge({"plan": applied_infrastructure.plan("dev")}, exceptions=None)["plan"]
    database = 'module.assay.module.zone["weather"].snowflake_database.this'
    assert ("DESTROY-1", database) in {(each["id"], each["address"]) for each in verdict["deny"]}
    assert {"DESTROY-1", "ACCESS-3"} <= ids(verdict)


EXCEPTION = """\
exceptions:
  - id: DESTROY-1
    address: {address}
    reason: The zone has moved to another platform, and its owner has a copy.
    expires: "{expires}"
"""


def test_an_exception_lets_one_finding_through_and_says_so(judge: Judge) -> None:
    doomed = plan(ends("snowflake_database"), ends("snowflake_schema"))
    exceptions = EXCEPTION.format(address="snowflake_database.it", expires="2027-01-31")
    verdict = judge({"plan": doomed}, exceptions)["plan"]
    assert [each["address"] for each in verdict["deny"]] == ["snowflake_schema.it"]
    assert "excepted until 2027-01-31: The zone has moved" in verdict["warn"][0]["msg"]


def test_an_exception_of_every_instance_covers_no_other_resource(judge: Judge) -> None:
    doomed = plan(
        {**ends("snowflake_schema"), "address": 'snowflake_schema.old["GOLD"]'},
        {**ends("snowflake_schema"), "address": "snowflake_schema.older"},
    )
    exceptions = EXCEPTION.format(address="snowflake_schema.old[*]", expires="2027-01-31")
    verdict = judge({"plan": doomed}, exceptions)["plan"]
    assert [each["address"] for each in verdict["deny"]] == ["snowflake_schema.older"]


def test_an_exception_ends_on_its_day(judge: Judge) -> None:
    doomed = {"plan": plan(ends("snowflake_database"))}
    exceptions = EXCEPTION.format(address="snowflake_database.it", expires="2027-01-31")
    assert ids(judge(doomed, exceptions, "2027-01-31")["plan"]) == set()
    assert ids(judge(doomed, exceptions, "2027-02-01")["plan"]) == {"DESTROY-1", "EXCEPT-2"}


@pytest.mark.parametrize("missing", ["id", "address", "reason", "expires"])
def test_an_exception_that_does_not_say_everything_is_refused(judge: Judge, missing: str) -> None:
    complete = EXCEPTION.format(address="snowflake_database.it", expires="2027-01-31")
    lines = [line for line in complete.splitlines() if f"{missing}:" not in line]
    lines[1] = lines[1] if lines[1].strip().startswith("-") else lines[1].replace("    ", "  - ", 1)
    verdict = judge({"plan": plan(ends("snowflake_database"))}, "\n".join(lines))["plan"]
    assert ids(verdict) == {"DESTROY-1", "EXCEPT-1"}


def test_a_data_source_is_no_resource(judge: Judge) -> None:
    looked_up = {**resource("aws_internet_gateway", {}), "mode": "data"}
    assert ids(judge({"plan": plan(looked_up)})["plan"]) == set()
