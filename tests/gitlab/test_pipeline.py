"""The pipeline: GitLab's schema accepts it, its jobs call what exists, and no job can do more than its place allows."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
import typer
import yaml

from tests.gitlab.pipeline import KEYWORDS, Job, Loader, resolved
from tools.linting import LINTERS

ENVIRONMENTS = ("dev", "prod")
SCRIPTS = ("before_script", "script", "after_script")
COMPARING = {
    f"{drift}{what}:{name}" for drift in ("", "drift:") for what in ("airbyte", "permissions") for name in ENVIRONMENTS
}
WITH_EXIT_CODES = ("./assay airbyte plan --exit-code", "./assay permissions plan")
LOGGING_IN = {"changed-models", "pages", *COMPARING}
"""What logs in to the warehouse or to Airbyte, to build or to compare."""


def judge(env_python: Callable[[str], Path], path: Path) -> subprocess.CompletedProcess[str]:
    program = env_python("helm").with_name("check-jsonschema")
    options = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    return subprocess.run([program, *options, path], capture_output=True, text=True, check=False)


def as_run(text: str, folder: Path) -> Path:
    """The pipeline with its jobs resolved: GitLab's schema does not look into the hidden ones that they extend."""
    written = yaml.load(text, Loader)
    whole = {key: value for key, value in written.items() if key in KEYWORDS} | resolved(written)
    path = folder / "resolved.yml"
    path.write_text(yaml.safe_dump(whole, sort_keys=False))
    return path


def test_gitlabs_schema_accepts_it_as_written_and_as_run(
    root: Path, env_python: Callable[[str], Path], tmp_path: Path
) -> None:
    source = root / ".gitlab-ci.yml"
    for path in (source, as_run(source.read_text(), tmp_path)):
        answer = judge(env_python, path)
        assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  resource_group: $ASSAY_ENV\n", "  resource_groups: $ASSAY_ENV\n"),
        ("  when: manual\n", "  when: by-hand\n"),
        ("      aud: https", "      audience: https"),
        ("    expose_as: Plan of dev\n", "    exposed_as: Plan of dev\n"),
    ],
)
def test_a_key_or_a_word_that_gitlab_does_not_know_is_found(
    root: Path, env_python: Callable[[str], Path], tmp_path: Path, before: str, after: str
) -> None:
    text = (root / ".gitlab-ci.yml").read_text()
    assert before in text
    assert judge(env_python, as_run(text.replace(before, after), tmp_path)).returncode == 1


def test_jobs_need_jobs_that_exist_in_stages_that_exist(written: dict[str, Any], jobs: dict[str, Job]) -> None:
    for name, job in jobs.items():
        assert job["stage"] in written["stages"], name
        assert set(job.get("needs", [])) <= jobs.keys(), name
        for needed in job.get("needs", []):
            order = written["stages"].index
            assert order(jobs[needed]["stage"]) <= order(job["stage"]), (name, needed)


def commands() -> click.Group:
    from tools import command

    found = typer.main.get_command(command.commands(["--help"]))
    assert isinstance(found, click.Group | typer.core.TyperGroup)
    return found


def test_jobs_call_only_commands_that_exist(root: Path, jobs: dict[str, Job]) -> None:
    targets = set(re.findall(r"^([\w-]+):", (root / "Makefile").read_text(), re.MULTILINE))
    lines = {line for job in jobs.values() for part in SCRIPTS for line in job[part]}
    called = [shlex.split(re.split(r" (?:>|\||&&)", line)[0]) for line in lines]
    assert {"test", "images"} <= {words[1] for words in called if words[0] == "make"} <= targets
    for words in (words for words in called if words[0] == "./assay"):
        place: Any = commands()
        options: set[str] = set()
        for word in words[1:]:
            if word in getattr(place, "commands", {}):
                place = place.commands[word]
                options = {
                    option for parameter in place.params for option in [*parameter.opts, *parameter.secondary_opts]
                }
            elif word.startswith("-"):
                assert word in options, f"{place.name} has no {word}"
        assert place.name, words
        assert not hasattr(place, "commands"), f"{' '.join(words)} names no command"


def test_files_and_folders_that_jobs_name_exist(root: Path, jobs: dict[str, Job]) -> None:
    folders = r"(?:helm|terraform|tests)/[\w./$-]+"
    for name, job in jobs.items():
        environments = [job["variables"]["ASSAY_ENV"]] if "ASSAY_ENV" in job.get("variables", {}) else ENVIRONMENTS
        for path in re.findall(rf"(?<![\w./-]){folders}", " ".join(job["script"] + job["before_script"])):
            made = {
                path for needed in job.get("needs", []) for path in jobs[needed].get("artifacts", {}).get("paths", [])
            }
            for environment in environments:
                if path.replace("$ASSAY_ENV", environment) in made:
                    continue
                assert (root / path.replace("$ASSAY_ENV", environment)).exists(), (name, path)


# --- who may do what --------------------------------------------------------------------------------------------------


def test_no_job_has_a_key_and_each_that_reaches_a_cloud_proves_who_it_is(jobs: dict[str, Job], root: Path) -> None:
    text = (root / ".gitlab-ci.yml").read_text()
    assert not re.search(r"AKIA|ACCESS_KEY|PASSWORD|PRIVATE_KEY|glpat-", text)
    for name, job in jobs.items():
        if "AWS_ROLE_ARN" in job.get("variables", {}):
            assert job["id_tokens"]["GITLAB_TOKEN_FOR_AWS"]["aud"] == "https://gitlab.example.com", name


def test_jobs_take_the_roles_that_terraform_makes_for_them(root: Path, jobs: dict[str, Job]) -> None:
    stacks = {name: (root / f"terraform/environments/{name}/main.tf").read_text() for name in ENVIRONMENTS}
    roles = re.search(r"roles = \{(.*?)\n  \}", (root / "terraform/modules/runners/jobs.tf").read_text(), re.DOTALL)
    assert roles
    assert re.findall(r"^    (\w+) +=", roles[1], re.MULTILINE) == ["plan", "deploy", "review"]
    for name, job in jobs.items():
        variables = job.get("variables", {})
        if "AWS_ROLE_ARN" not in variables:
            continue
        environment = variables["ASSAY_ENV"]
        role = variables["AWS_ROLE_ARN"]
        for variable in ("ACCOUNT", "ASSAY_ENV"):
            role = role.replace(f"${variable}", variables.get(variable, ""))
        account = re.search(r'account_id = "(\d+)"', stacks[environment])
        assert account
        kind = "review" if name in LOGGING_IN else "deploy" if job["stage"] in ("build", *ENVIRONMENTS) else "plan"
        assert role == f"arn:aws:iam::{account[1]}:role/assay-{environment}-{kind}", name
        assert f'= "{job["id_tokens"]["GITLAB_TOKEN_FOR_AWS"]["aud"]}"' in stacks[environment], "GitLab's address"


def runs_in(job: Job, place: str) -> bool:
    return any(place in rule["if"] for rule in job["rules"])


def test_what_changes_an_environment_runs_on_main_only_and_one_at_a_time(jobs: dict[str, Job]) -> None:
    changing = {name for name, job in jobs.items() if "-deploy" in job.get("variables", {}).get("AWS_ROLE_ARN", "")}
    assert changing == {
        f"{what}:{name}" for what in ("images", "apply", "configure", "deploy") for name in ENVIRONMENTS
    }
    for name in changing:
        assert len(jobs[name]["rules"]) == 1
        assert "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in jobs[name]["rules"][0]["if"]
        if not name.startswith("images"):
            assert jobs[name]["resource_group"] == "$ASSAY_ENV"
            assert jobs[name]["interruptible"] is False


def test_production_waits_for_dev_and_for_people(jobs: dict[str, Job]) -> None:
    def everything_before(name: str) -> set[str]:
        return set().union(*({needed} | everything_before(needed) for needed in jobs[name].get("needs", [])))

    gate = jobs["apply:prod"]
    assert gate["when"] == "manual"
    assert gate["environment"] == {"name": "prod", "url": "https://airflow.data.example.com"}
    assert {"release:dev", "configure:dev", "deploy:dev", "plan:prod", "test", "lint", "charts"} <= everything_before(
        "apply:prod"
    )
    for name in ("images:prod", "deploy:prod", "configure:prod", "release:prod"):
        assert "apply:prod" in everything_before(name), "nothing of production is touched before the approval"


def test_a_merge_request_is_checked_tested_built_and_planned(jobs: dict[str, Job]) -> None:
    there = {name for name, job in jobs.items() if runs_in(job, "merge_request_event")}
    plans = {"policy:permissions:dev"} | {f"{what}:{name}" for what in ("plan", "policy") for name in ENVIRONMENTS}
    assert there == {
        "lint",
        "zones",
        "test",
        "charts",
        "changed-models",
        "images",
        "airbyte:dev",
        "permissions:dev",
        *plans,
    }


def test_what_a_merge_request_built_goes_even_if_its_job_was_cancelled(jobs: dict[str, Job]) -> None:
    job = jobs["changed-models"]
    (built,), dropped = job["script"], job["after_script"][-1]
    assert built.startswith('./assay review build "MR_$CI_MERGE_REQUEST_IID" --against ')
    assert dropped == './assay review drop "MR_$CI_MERGE_REQUEST_IID"'
    assert job["resource_group"] == "review-$CI_MERGE_REQUEST_IID", (
        "two builds of one merge request share their schemas"
    )


def test_merge_requests_get_a_login_where_reviews_are_and_nowhere_else(root: Path, jobs: dict[str, Job]) -> None:
    for name, job in jobs.items():
        role = job.get("variables", {}).get("AWS_ROLE_ARN", "")
        if role.endswith("-review") and runs_in(job, "merge_request_event"):
            stack = root / "terraform/environments" / job["variables"]["ASSAY_ENV"] / "main.tf"
            assert re.search(r"reviews += true", stack.read_text()), name
    assert re.search(r"reviews += false", (root / "terraform/environments/prod/main.tf").read_text())


def test_what_is_applied_is_the_plan_that_was_shown(jobs: dict[str, Job]) -> None:
    for environment in ENVIRONMENTS:
        plan = jobs[f"plan:{environment}"]
        assert plan["artifacts"]["expose_as"] == f"Plan of {environment}"
        assert f"terraform/environments/{environment}/plan.tfplan" in plan["artifacts"]["paths"]
        apply = jobs[f"apply:{environment}"]
        assert apply["script"][-1].endswith(" plan.tfplan")
        assert f"plan:{environment}" in apply["needs"]


def test_no_plan_is_applied_that_policies_refuse(jobs: dict[str, Job]) -> None:
    for environment in ENVIRONMENTS:
        policy = jobs[f"policy:{environment}"]
        assert policy["needs"] == [f"plan:{environment}"]
        assert not policy.get("allow_failure")
        assert f"policy:{environment}" in jobs[f"apply:{environment}"]["needs"]


def test_drift_is_a_failed_job_of_a_schedule(jobs: dict[str, Job]) -> None:
    scheduled = {name: job for name, job in jobs.items() if runs_in(job, '"drift"')}
    assert scheduled.keys() == {"drift:dev", "drift:prod", *(name for name in COMPARING if name.startswith("drift:"))}
    for job in scheduled.values():
        assert "-detailed-exitcode" in job["script"][-1] or job["script"][-1] in WITH_EXIT_CODES
        assert not job.get("allow_failure")


def test_a_comparison_that_finds_something_is_seen_and_stops_nothing(jobs: dict[str, Job]) -> None:
    for name in COMPARING:
        if not name.startswith("drift:"):
            assert jobs[name]["allow_failure"] == {"exit_codes": 2}, name


# --- the same checks before a commit --------------------------------------------------------------------------------


def test_hooks_before_a_commit_are_the_linters_and_nothing_from_elsewhere(root: Path) -> None:
    config = yaml.safe_load((root / ".pre-commit-config.yaml").read_text())
    (source,) = config["repos"]
    assert source["repo"] == "local"
    chosen = [shlex.split(hook["entry"]) for hook in source["hooks"]]
    assert all(words[:2] == ["./assay", "lint"] for words in chosen)
    assert [words[2] for words in chosen] == [linter.name for linter in LINTERS]
    for words in chosen:
        assert [linter.name for linter in LINTERS if words[2] in linter.name] == [words[2]], "one hook, one linter"


def test_owners_own_paths_that_exist_and_every_zone_has_some(root: Path) -> None:
    lines = [
        line for line in (root / "CODEOWNERS").read_text().splitlines() if line and not line.startswith(("#", "*"))
    ]
    sections = [line for line in lines if line.startswith("[")]
    missing = [line for line in lines if not line.startswith("[") and not any(root.glob(line.strip("/")))]
    assert missing == []
    for zone in root.glob("dags/zones/*/zone.yml"):
        assert any(section.startswith(f"[Zone {zone.parent.name}]") for section in sections), zone.parent.name
    assert "[Delivery][2] @data/platform @data/cloud" in sections, "two approvals for what changes an environment"


def test_renovate_knows_its_configuration_and_watches_every_kind_of_pin(
    root: Path, env_python: Callable[[str], Path]
) -> None:
    program = env_python("helm").with_name("check-jsonschema")
    path = root / "renovate.json"
    done = subprocess.run(
        [program, "--builtin-schema", "vendor.renovate", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    config = json.loads(path.read_text())
    watched = [re.compile(each.strip("/")) for each in config["pip-compile"]["managerFilePatterns"]]
    tracked = subprocess.run(["git", "ls-files", "*.lock"], cwd=root, capture_output=True, text=True, check=True).stdout
    assert [lock for lock in tracked.split() if not any(each.search(lock) for each in watched)] == []
    for manager in config["customManagers"]:
        for pattern in manager["managerFilePatterns"]:
            name = pattern.strip("/^$").replace("\\", "")
            (found,) = manager["matchStrings"]
            assert re.search(found.replace("(?<", "(?P<"), (root / name).read_text()), name
