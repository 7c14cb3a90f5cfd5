"""`make test`: pytest over everything, in the environment that holds Airflow, the parts and the test tools.

`make deploy-check` is its round of what delivers the platform, and the linters of those files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from local import interrupts, linting
from local.bootstrap import python_path
from local.layout import Layout

OPTIONAL = {
    "chromium": "the web UI in a real browser (Debian: `apt-get install chromium`)",
    "npm": "jobs of the pipeline, by gitlab-ci-local (Debian: `apt-get install npm`)",
    "rsync": "jobs of the pipeline, by gitlab-ci-local (Debian: `apt-get install rsync`)",
    "podman": "pods in podman containers (Debian: `apt-get install podman`, as root)",
    "busybox": "pods in podman containers (Debian: `apt-get install busybox-static`)",
    "buildah": "images built from their Dockerfiles (Debian: `apt-get install buildah debootstrap runc`, as root)",
    "terraform": "validate, test and plan of the infrastructure (Terraform 1.11 or later)",
}


AT_ONCE = 3
"""Groups that run side by side: many a test waits for a server's start, so two processors serve three groups well."""

ASSAY = "tests/plugins/assay"


def _without(folder: str, *parts: str) -> tuple[str, ...]:
    return (folder, *(f"--ignore={part}" for part in parts))


def _of(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names)


DELIVERY = {
    "images and jobs": _of("tests", "images", "gitlab"),
    "plans and plays": _of("tests", "terraform", "ansible"),
    "charts and refusals": (*_of("tests", "helm", "delivery"), f"{ASSAY}/delivery"),
}
BELOW = _of("tests", "ansible", "dbt", "delivery", "e2e", "gitlab", "helm", "images", "local", "plugins", "terraform")
HERE = _of("tests/local", "airbyte", "flights_api", "kubernetes", "warehouse")
ABOVE = _of(ASSAY, "contracts", "delivery", "ingestion")
GROUPS = {
    "the whole, end to end": ("-m", "not deep", "tests/e2e"),
    "the platform": _without(ASSAY, *ABOVE),
    "the dbt project": ("tests/dbt",),
    "the embedded Airbyte": _of("tests/local", "airbyte", "flights_api"),
    **DELIVERY,
    "the embedded Kubernetes": ("tests/local/kubernetes",),
    "the other parts": _without("tests/local", *HERE),
    "syncs": _of(ASSAY, "ingestion/airbyte"),
    "the embedded Snowflake": ("tests/local/warehouse",),
    "contracts and files": (*_of(ASSAY, "contracts"), *_without(f"{ASSAY}/ingestion", f"{ASSAY}/ingestion/airbyte")),
    "the documentation": _without("tests", *BELOW),
}
"""By name, the longest first, so that the last to end is a short one. Each is a pytest of its own, because its embedded
warehouse has a certificate of its own, which a process can be made to trust only through its one environment."""

DEEP = "parts killed in mid-run, all documented commands, the demo on images, the image of Airflow"


def run(layout: Layout, arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """0 when all passed, else pytest's exit code for one that failed. `arguments` go to pytest instead of our groups.

    Programs that only some tests need are named at the end when the machine lacks them.
    """
    if arguments:
        status, _ = _pytest(layout, arguments)
        _name_what_is_missing(say)
        return status
    status = _groups(layout, GROUPS, say)
    say(f"not run here; `make test-deep` does: {DEEP}")
    _name_what_is_missing(say)
    return status


def deploy_check(layout: Layout, say: Callable[[str], None]) -> int:
    """0 when images build, charts render, plans are made and judged, jobs run, and every broken input is refused.

    What this machine lacks for it is named at the end.
    """
    say("Linting Dockerfiles, YAML and plays")
    linted = linting.run(layout, ["Dockerfiles", "YAML", "plays"], say)
    tested = _groups(layout, DELIVERY, say)
    _name_what_is_missing(say)
    say("not run anywhere yet: anything in a real account or cluster; docs/deploy.md says how to begin")
    return linted or tested


def _groups(layout: Layout, groups: Mapping[str, Sequence[str]], say: Callable[[str], None]) -> int:
    """Runs all groups, whichever fail; shows what each said when it has ended. Returns an exit code that is not 0, if
    there is one."""

    def tested(title: str) -> tuple[str, float, int, str]:
        say(f"Testing {title}")
        began = time.monotonic()
        status, output = _pytest(layout, ("--quiet", "--durations=3", *groups[title]), stdout=subprocess.PIPE)
        return title, time.monotonic() - began, status, output

    failed = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for ended in as_completed([pool.submit(tested, title) for title in groups]):
            title, seconds, status, output = ended.result()
            print(output, flush=True)
            say(f"{title}: {'FAILED' if status else 'passed'} after {seconds:.0f} s")
            if status:
                failed[title] = status
    if failed:
        say(f"Failed: {', '.join(failed)}")
    return next(iter(failed.values()), 0)


def _name_what_is_missing(say: Callable[[str], None]) -> None:
    for program, purpose in OPTIONAL.items():
        if shutil.which(program) is None:
            say(f"not run here, {program} is missing: {purpose}")


def _pytest(layout: Layout, options: Sequence[str], stdout: int | None = None) -> tuple[int, str]:
    environment = {
        **{key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONPATH": python_path(layout),
    }
    command = [str(layout.python("tests")), "-m", "pytest", *options]
    return interrupts.call(command, layout.root, environment, stdout)
