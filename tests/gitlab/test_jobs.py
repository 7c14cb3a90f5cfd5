"""Jobs of the pipeline run for real: their own scripts, in a checkout of their own, by gitlab-ci-local."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.gitlab.conftest import SOURCES, Runner
from tests.gitlab.pipeline import Job
from tools.linting import LINTERS

QUICK = "-k renders_to_objects -p no:cacheprovider"
"""Of the tests that a job runs, those that show that it does; `make test` runs them all elsewhere."""


def passed(output: str) -> set[str]:
    return {line.removeprefix(" PASS ").strip() for line in output.splitlines() if line.startswith(" PASS ")}


def test_each_pipeline_has_its_jobs(run: Runner, root: Path) -> None:
    """docs/gitlab.md says of each job in which pipelines it runs; gitlab-ci-local says the same."""
    table = re.findall(
        r"^\| `([\w:-]+)` \|(.*?)\|(.*?)\|(.*?)\|(.*?)\| (.*?) *\|", (root / "docs/gitlab.md").read_text(), re.M
    )
    told = {source: {} for source in SOURCES}
    for name, *cells, needs in table:
        for source, cell in zip(SOURCES, cells, strict=True):
            if cell.strip():
                when = {"yes": "on_success", "by hand": "manual"}[cell.strip()]
                told[source][name] = (when, sorted(re.findall(r"`([\w:-]+)`", needs)))
    for source in SOURCES:
        listed = {}
        for name, (when, needs) in run.listed(source).items():
            listed[name.partition(": [")[0]] = (when, sorted({each.partition(": [")[0] for each in needs}))
        assert listed == told[source], source


def test_every_linter_is_a_job(jobs: dict[str, Job]) -> None:
    (matrix,) = jobs["lint"]["parallel"]["matrix"]
    for linter in LINTERS:
        assert [word for word in matrix["CHECK"] if word in linter.name], linter.name


def test_checks_pass_and_a_broken_zone_fails_its_job(run: Runner) -> None:
    done = run("merge request", "zones", "lint: [YAML]", "lint: [Dockerfiles]", "lint: [format]")
    assert done.returncode == 0, done.stdout + done.stderr
    assert passed(done.stdout) == {"zones", "lint: [YAML]", "lint: [Dockerfiles]", "lint: [format]"}
    zone = run.folder / "dags/zones/weather/zone.yml"
    right = zone.read_text()
    zone.write_text(right.replace("schedule:", "shedule:"))
    try:
        done = run("merge request", "zones")
    finally:
        zone.write_text(right)
    assert done.returncode == 1
    assert "shedule" in done.stdout + done.stderr


def test_the_charts_job_renders_them(run: Runner) -> None:
    done = run("merge request", "charts", PYTEST_ADDOPTS=QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"charts > =+ 2 passed", done.stdout)


def test_a_plan_is_made_and_judged_and_one_that_loses_data_fails_its_job(run_planning: Runner) -> None:
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on this machine: no plan was made")
    done = run_planning("merge request", "plan:dev", GITLAB_TOKEN_FOR_AWS="of no account")
    assert done.returncode == 0, done.stdout + done.stderr
    stack = run_planning.folder / "terraform" / "environments" / "dev"
    assert "snowflake_database.this will be created" in (stack / "plan.txt").read_text()
    done = run_planning("merge request", "policy:dev")
    assert done.returncode == 0, done.stdout + done.stderr
    assert passed(done.stdout) == {"policy:dev"}
    plan = json.loads((stack / "plan.json").read_text())
    schema = next(each for each in plan["resource_changes"] if each["type"] == "snowflake_schema")
    schema["change"] |= {"actions": ["delete"], "before": schema["change"]["after"], "after": None}
    (stack / "plan.json").write_text(json.dumps(plan))
    done = run_planning("merge request", "policy:dev")
    assert done.returncode == 1
    assert "DESTROY-1" in done.stdout + done.stderr
