"""`make test`: pytest over everything, in the environment that holds Airflow, the parts and the test tools."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence

from local.bootstrap import python_path
from local.layout import Layout

OPTIONAL = {
    "chromium": "the web UI in a real browser (Debian: `apt-get install chromium`)",
    "podman": "pods in podman containers (Debian: `apt-get install podman`, as root)",
    "buildah": "images built from their Dockerfiles (Debian: `apt-get install buildah debootstrap runc`, as root)",
    "terraform": "validate, test and plan of the infrastructure (Terraform 1.11 or later)",
}


WORKERS = 2
"""Unit tests at once: many of them wait for a server's start, so two processors serve two well."""

ASSAY = "tests/plugins/assay"
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
    ("tests", "--ignore=tests/local", "--ignore=tests/dbt", "--ignore=tests/plugins", "--ignore=tests/e2e"),
)
"""Each group is a pytest of its own, because its embedded warehouse has a certificate of its own, which a process can
be made to trust only through its one environment."""

ROUNDS = (
    *((paths[0], ("--numprocesses", str(WORKERS), "--dist", "loadfile", *paths)) for paths in GROUPS),
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
        say("not run here, `make test-deep` does: every part killed in mid-run, every documented command typed")
    for program, purpose in OPTIONAL.items():
        if shutil.which(program) is None:
            say(f"not run here, {program} is missing: {purpose}")
    return status


def _pytest(layout: Layout, options: Sequence[str]) -> int:
    environment = {
        **{key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONPATH": python_path(layout),
    }
    command = [str(layout.python("tests")), "-m", "pytest", *options]
    return subprocess.run(command, cwd=layout.root, env=environment, check=False).returncode
