"""`make lint`: style, types, SQL, YAML, secrets, words and more: each by its own tool, and all of them every time."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.runtime.bootstrap import python_path
from tools.runtime.layout import Layout


@dataclass(frozen=True)
class Linter:
    """`env`: where its program is. `against`: the environment whose libraries the types are checked against."""

    name: str
    command: tuple[str, ...]
    against: str | None = None
    env: str = "lint"


DOCKERFILES = tuple(f"images/{name}/Dockerfile" for name in ("airflow", "dbt", "loader"))

LINTERS = (
    Linter("style", ("ruff", "check", ".")),
    Linter("format", ("ruff", "format", "--check", ".")),
    Linter("types of the platform", ("mypy", "plugins/assay"), against="tests"),
    Linter(
        "types of the embedded parts and the tools",
        ("mypy", "local", "tools", "terraform/policy/check.py", "--exclude", "^local/emulators/snowflake/"),
        against="tests",
    ),
    Linter("types of the embedded warehouse", ("mypy", "local/emulators/snowflake"), against="warehouse"),
    Linter("SQL", ("sqlfluff", "lint", "--disable-progress-bar", "dbt")),
    Linter("YAML", ("yamllint", "--strict", ".")),
    Linter("Dockerfiles", ("hadolint", "--config", "images/hadolint.yaml", *DOCKERFILES)),
    Linter(
        "plays",
        ("ansible-lint", "--offline", "--strict", "--config-file", "ansible/lint.yml", "ansible"),
        env="ansible",
    ),
    Linter("secrets", ("python", "-m", "tools.secrets_scan")),
    Linter("words", ("python", "-m", "tools.wording")),
    Linter("generated files", ("python", "-m", "tools.generate", "--check"), env="tests"),
)


def run(layout: Layout, arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """0 when nothing is found. `arguments` are words that a linter's name must contain to be run; none means all."""
    chosen = [linter for linter in LINTERS if not arguments or any(word in linter.name for word in arguments)]
    if not chosen:
        say(f"No linter is called {' or '.join(arguments)}: there are {', '.join(each.name for each in LINTERS)}.")
        return 2
    failed = []
    for linter in chosen:
        say(f"{linter.name}: {' '.join(linter.command)}")
        if subprocess.run(
            _command(layout, linter), cwd=layout.root, env=_environment(layout, linter), check=False
        ).returncode:
            failed.append(linter.name)
    say(f"found something: {', '.join(failed)}" if failed else "nothing found")
    return 1 if failed else 0


def _command(layout: Layout, linter: Linter) -> list[str]:
    program, *options = linter.command
    if linter.against:
        options += ["--python-executable", str(layout.python(linter.against))]
    return [str(layout.python(linter.env).with_name(program)), *options]


def _environment(layout: Layout, linter: Linter) -> dict[str, str]:
    """The programs of the linter's own environment come first: ansible-lint calls ansible-playbook by name."""
    path = os.pathsep.join([str(layout.python(linter.env).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": python_path(layout), "ASSAY_ENV": "local"}
