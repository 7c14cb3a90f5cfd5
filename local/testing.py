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
}


def run(layout: Layout, arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """pytest's exit code. Programs that only some tests need are named at the end when the machine lacks them."""
    environment = {
        **{key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONPATH": python_path(layout),
    }
    done = subprocess.run(
        [layout.python("tests"), "-m", "pytest", *arguments], cwd=layout.root, env=environment, check=False
    )
    for program, purpose in OPTIONAL.items():
        if shutil.which(program) is None:
            say(f"not run here, {program} is missing: {purpose}")
    return done.returncode
