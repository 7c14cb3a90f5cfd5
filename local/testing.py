"""`make test`: pytest over everything, in the environment that holds Airflow, the parts and the test tools.

`make deploy-check` is its round of what delivers the platform, and the linters of those files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence

from local import linting
from local.bootstrap import python_path
from local.layout import Layout

OPTIONAL = {
    "chromium": "the web UI in a real browser (Debian: `apt-get install chromium`)",
    "npm": "jobs of the pipeline, by gitlab-ci-local (Debian: `apt-get install npm`)",
    "rsync": "jobs of the pipeline, by gitlab-ci-local (Debian: `apt-get install rsync`)",
    "podman": "pods in podman containers (Debian: `apt-get install podman`, as root)",
    "buildah": "images built from their Dockerfiles (Debian: `apt-get install buildah debootstrap runc`, as root)",
    "terraform": "validate, test and plan of the infrastructure (Terraform 1.11 or later)",
}


WORKERS = 2
"""Unit tests at once: many of them wait for a server's start, so two processors serve two well."""

ASSAY = "tests/plugins/assay"
DELIVERY = (
    "tests/delivery",
    "tests/gitlab",
    "tests/helm",
    "tests/images",
    "tests/terraform",
    "tests/ansible",
    f"{ASSAY}/delivery",
)
APART = ("airbyte", "flights_api", "kubernetes", "warehouse")
GROUPS = (
    (
        "tests/local",
        *(f"--ignore=tests/local/{part}" for part in ("airbyte", "flights_api", "kubernetes", "warehouse")),
    ),
    ("tests/local/kubernetes",),
    ("tests/local/warehouse",),
    ("tests/local/airbyte", "tests/local/flights_api"),
    ("tests/dbt",),
    (f"{ASSAY}/contracts", f"{ASSAY}/ingestion", f"--ignore={ASSAY}/ingestion/airbyte"),
    (f"{ASSAY}/ingestion/airbyte",),
    (ASSAY, f"--ignore={ASSAY}/contracts", f"--ignore={ASSAY}/ingestion"),
    DELIVERY,
    ("tests", *(f"--ignore={path}" for path in ("tests/local", "tests/dbt", "tests/plugins", "tests/e2e", *DELIVERY))),
)
"""Each group is a pytest of its own, because its embedded warehouse has a certificate of its own, which a process can
be made to trust only through its one environment."""


def _at_once(paths: Sequence[str]) -> tuple[str, ...]:
    return ("--numprocesses", str(WORKERS), "--dist", "loadfile", *paths)


ROUNDS = (
    *((paths[0], _at_once(paths)) for paths in GROUPS),
    ("the whole platform", ("-m", "not deep", "tests/e2e")),
)


def run(layout: Layout, arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """pytest's exit code, of the first round that failed. `arguments` go to pytest instead of our rounds.

    Programs that only some tests need are named at the end when the machine lacks them.
    """
    status = 0
    for title, options in [("what was asked for", tuple(arguments))] if arguments else ROUNDS:
        say(f"Testing {title}")
        if status := _pytest(layout, options):
            break
    if not arguments:
        say("not run here; `make test-deep` does: parts killed in mid-run, all documented commands, the demo on images")
    _name_what_is_missing(say)
    return status


def deploy_check(layout: Layout, say: Callable[[str], None]) -> int:
    """0 when images build, charts render, plans are made and judged, jobs run, and every broken input is refused.

    What this machine lacks for it is named at the end.
    """
    say("Linting Dockerfiles, YAML and plays")
    linted = linting.run(layout, ["Dockerfiles", "YAML", "plays"], say)
    say("Testing what delivers the platform")
    tested = _pytest(layout, _at_once(DELIVERY))
    _name_what_is_missing(say)
    say("not run anywhere yet: anything in a real account or cluster; docs/deploy.md says how to begin")
    return linted or tested


def _name_what_is_missing(say: Callable[[str], None]) -> None:
    for program, purpose in OPTIONAL.items():
        if shutil.which(program) is None:
            say(f"not run here, {program} is missing: {purpose}")


def _pytest(layout: Layout, options: Sequence[str]) -> int:
    environment = {
        **{key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONPATH": python_path(layout),
    }
    command = [str(layout.python("tests")), "-m", "pytest", *options]
    return subprocess.run(command, cwd=layout.root, env=environment, check=False).returncode
