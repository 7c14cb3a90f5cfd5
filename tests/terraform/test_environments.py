from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.workspace import ENVIRONMENTS, Workspace, changes

ROOT = Path(__file__).resolve().parents[2]
MODULES_WITH_TESTS = sorted(path.parent.name for path in (ROOT / "terraform" / "modules").glob("*/tests"))

HARBOUR = """\
zone: harbour
description: Ships in and out.
owner: harbour@example.com
steward: mia@example.com
channel: "#zone-harbour"
runbook: docs/runbooks/zone.md
schedule: "0 6 * * *"
sources:
  - {name: ships, kind: files, prefix: incoming/, table: ships}
reads:
  - zone: weather
    tables: [hourly_weather]
"""


def test_every_file_is_formatted(infrastructure: Workspace) -> None:
    done = infrastructure.run(infrastructure.folder, "fmt", "-check", "-diff", "-recursive", "terraform")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_valid(infrastructure: Workspace, plans: dict[str, dict[str, Any]], environment: str) -> None:
    assert "valid" in infrastructure.must(infrastructure.environment(environment), "validate")


@pytest.mark.parametrize("module", MODULES_WITH_TESTS)
def test_a_modules_own_tests_pass(infrastructure: Workspace, module: str) -> None:
    folder = infrastructure.module(module)
    infrastructure.must(folder, "init", "-input=false", "-backend=false")
    assert re.search(r"Success! [1-9]\d* passed, 0 failed", infrastructure.must(folder, "test"))


def test_dev_and_prod_are_the_same_things(plans: dict[str, dict[str, Any]]) -> None:
    assert changes(plans["dev"]).keys() == changes(plans["prod"]).keys()


def test_dev_and_prod_differ_by_values_only(root: Path) -> None:
    """Line by line: what is left of a file without its numbers, texts and switches is the same."""
    skeletons = [
        re.sub(
            r'"[^"\n]*"|\b\d+\b|\b(true|false)\b', "…", (root / f"terraform/environments/{name}/main.tf").read_text()
        )
        for name in ENVIRONMENTS
    ]
    without_words = [
        [re.sub(r"\s+", " ", re.sub(r"(…, )+", "", line)) for line in text.splitlines()[1:]] for text in skeletons
    ]
    assert without_words[0] == without_words[1]


def test_a_plan_from_nothing_only_creates(plans: dict[str, dict[str, Any]]) -> None:
    for plan in plans.values():
        assert {tuple(each["change"]["actions"]) for each in plan["resource_changes"]} == {("create",)}


def test_a_third_zone_by_yaml_alone_has_its_infrastructure(
    changed_infrastructure: Workspace, plans: dict[str, dict[str, Any]]
) -> None:
    folder = changed_infrastructure.folder / "dags/zones/harbour"
    folder.mkdir()
    (folder / "zone.yml").write_text(HARBOUR)
    before, after = changes(plans["dev"]), changes(changed_infrastructure.plan("dev"))
    assert before.keys() <= after.keys()
    added = after.keys() - before.keys()
    expected = {
        'module.assay.module.zone["harbour"].snowflake_database.this',
        'module.assay.module.zone["harbour"].snowflake_service_user.this["TRANSFORMER"]',
        'module.assay.module.secrets.aws_secretsmanager_secret.this["pods/warehouse-harbour-transformer"]',
        'module.assay.module.landing.aws_sqs_queue.landed["harbour"]',
        'module.assay.module.cluster.aws_iam_role.service_account["pods-harbour"]',
        'module.assay.snowflake_grant_privileges_to_account_role.reader["harbour in weather"]',
    }
    assert expected <= added
    like_any_other = {address.replace("weather", "harbour") for address in before if '.zone["weather"]' in address}
    assert like_any_other == {address for address in added if ".module.zone[" in address}


def test_every_secret_that_a_chart_reads_has_its_place(root: Path, plans: dict[str, dict[str, Any]]) -> None:
    """The charts' values are the cluster's side of the convention: what they name and nobody makes never arrives."""
    values = [(root / "helm/assay" / name).read_text() for name in ("values.yaml", "values-zones.yaml")]
    read = {key for text in values for key in re.findall(r"key: (assay/[\w/-]+)", text)}
    for plan in plans.values():
        made = {
            each["change"]["after"]["name"]
            for each in plan["resource_changes"]
            if each["type"] == "aws_secretsmanager_secret"
        }
        assert len(read) > 10
        assert read - made == set()


def test_applied_twice_the_second_time_changes_nothing(applied_infrastructure: Workspace) -> None:
    again = applied_infrastructure.plan("dev")
    assert {each["address"] for each in again["resource_changes"] if each["change"]["actions"] != ["no-op"]} == set()


def test_no_plan_holds_a_secret(plans: dict[str, dict[str, Any]]) -> None:
    forbidden = {"password", "secret_string", "private_key", "master_password", "aws_secret_key", "token"}

    def set_keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            here = {key for key, inner in value.items() if isinstance(inner, str) and inner}
            return here.union(*(set_keys(inner) for inner in value.values()))
        return set().union(*(set_keys(inner) for inner in value)) if isinstance(value, list) else set()

    for plan in plans.values():
        for address, change in changes(plan).items():
            assert not set_keys(change["change"]["after"]) & forbidden, address
