"""`make test`, `test-fast`, `test-all` and `test-deep`: pytest, in the environment that has Airflow and the test tools.

A first pytest only collects: it writes down which tier each test is of (tests/tiers.py), from which files are grouped
(test_plan.py) and run side by side. `make deploy-check` is the round of what delivers the platform, with its linters.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tools import linting, test_plan
from tools.runtime import interrupts
from tools.runtime.bootstrap import python_path
from tools.runtime.layout import Layout

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

ROUNDS = {
    "fast": ("fast",),
    "test": ("fast", "core"),
    "all": ("fast", "core", "wide"),
    "rest": ("wide",),
    "deep": ("deep",),
}
"""The tiers of each round. `rest` is what `all` has beyond `test`, for CI, which runs both."""

ELSEWHERE = {
    "fast": "tests that start no server: `make test-fast`",
    "core": "of those that start servers, what shows that the platform works: `make test`",
    "wide": "further cases of the same: `make test-all`",
    "deep": "services killed in mid-run, all documented commands, the demo on images: `make test-deep`",
}

DELIVERY = tuple(f"tests/{name}" for name in ("images", "gitlab", "terraform", "ansible", "helm", "delivery"))
DELIVERY = (*DELIVERY, "tests/plugins/assay/deploy")
NOTES = "test-costs.jsonl"
"""In `build/`: each test of the last round with its outcome, processor seconds and wall seconds."""


def run(layout: Layout, arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """0 when all passed, else an exit code that is not 0.

    `arguments` is the name of a round (none: `test`), or what is passed on to a single pytest.
    What was not run is named at the end, with the command that does.
    """
    if arguments and tuple(arguments) not in {(name,) for name in ROUNDS}:
        status, _ = _pytest(layout, arguments)
        _name_what_is_missing(say)
        return status
    tiers = ROUNDS[arguments[0] if arguments else "test"]
    return _round(layout, tiers, ("tests",), say)


def deploy_check(layout: Layout, say: Callable[[str], None]) -> int:
    """0 when images build, charts render, plans are made and checked, jobs run, and every broken input is refused.

    What this machine lacks for it is named at the end.
    """
    say("Linting Dockerfiles, YAML and plays")
    linted = linting.run(layout, ["Dockerfiles", "YAML", "plays"], say)
    tested = _round(layout, ROUNDS["all"], DELIVERY, say)
    say("not run anywhere yet: anything in a real account or cluster; docs/deploy.md says how to begin")
    return linted or tested


def _round(layout: Layout, tiers: Sequence[str], folders: Sequence[str], say: Callable[[str], None]) -> int:
    """Runs the tests of these tiers, whichever fail, and says what was left out. Returns 0 if all passed."""
    with tempfile.TemporaryDirectory(prefix="assay-tests-") as folder:
        plan = Path(folder) / "plan.json"
        status, output = _pytest(
            layout, ("--collect-only", "--quiet", "--quiet", "--plan", str(plan), *folders), stdout=subprocess.PIPE
        )
        if status:
            print(output, flush=True)
            return status
        tests = test_plan.read(json.loads(plan.read_text()))
    notes = layout.root / "build" / NOTES
    notes.parent.mkdir(exist_ok=True)
    notes.unlink(missing_ok=True)
    status = _groups(layout, test_plan.groups(tests, tiers), tiers, notes, say)
    lost = _report(tests, tiers, notes, say)
    _name_what_is_missing(say)
    return status or lost


def _groups(
    layout: Layout, groups: Sequence[test_plan.Group], tiers: Sequence[str], notes: Path, say: Callable[[str], None]
) -> int:
    """Shows what each group said when it has ended. Returns an exit code that is not 0, if there is one."""

    def tested(group: test_plan.Group) -> tuple[str, float, int, str]:
        say(f"Testing {group.title}")
        began = time.monotonic()
        options = ("--quiet", "--durations=3", "--tiers", ",".join(tiers), "--cost", str(notes))
        status, output = _pytest(layout, (*options, *group.files), stdout=subprocess.PIPE)
        return group.title, time.monotonic() - began, status, output

    failed = {}
    with ThreadPoolExecutor(1 if "deep" in tiers else AT_ONCE) as pool:  # several deep groups start a platform each
        try:
            for ended in as_completed([pool.submit(tested, group) for group in groups]):
                title, seconds, status, output = ended.result()
                print(output, flush=True)
                say(f"{title}: {'FAILED' if status else 'passed'} after {seconds:.0f} s")
                if status:
                    failed[title] = status
        except BaseException:
            pool.shutdown(cancel_futures=True)  # groups that run end in order, and no other one begins
            raise
    if failed:
        say(f"Failed: {', '.join(failed)}")
    return next(iter(failed.values()), 0)


def _report(tests: Sequence[test_plan.Collected], tiers: Sequence[str], notes: Path, say: Callable[[str], None]) -> int:
    """Says how many ran, what was skipped and what other rounds run. Returns 1 if a planned test has no result."""
    ran = [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []
    planned = {test.id for test in tests if test.tier in tiers}
    outcomes = Counter(test["outcome"] for test in ran)
    seconds = sum(test["cpu"] for test in ran)
    counted = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items())) or "none"
    say(f"{len(planned)} tests: {counted}; {seconds:.0f} processor seconds (each test's: {notes.parent.name}/{NOTES})")
    for reason, number in Counter(test["reason"] for test in ran if test["outcome"] == "skipped").most_common():
        say(f"skipped, {number}: {reason}")
    for tier, number in test_plan.left_out(tests, tiers).items():
        say(f"not run here, {number}: {ELSEWHERE[tier]}")
    if lost := planned - {test["test"] for test in ran}:
        say(
            f"{len(lost)} tests were planned and have no result, such as {min(lost)}: look at the output of their group"
        )
    return 1 if lost else 0


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
