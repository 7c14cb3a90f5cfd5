"""What the numbers were measured on: the machine, and the versions of what ran."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from tools.runtime.layout import Layout

PACKAGES = {
    "airflow": ("apache-airflow", "apache-airflow-providers-cncf-kubernetes", "snowflake-connector-python"),
    "dbt": ("dbt-core", "dbt-snowflake", "snowflake-connector-python"),
    "warehouse": ("fakesnow", "duckdb"),
    "connectors": ("airbyte-cdk",),
}


def machine() -> dict[str, Any]:
    models = [line.split(":", 1)[1].strip() for line in lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = next(line.split()[1] for line in lines("/proc/meminfo") if line.startswith("MemTotal"))
    return {
        "processors": os.cpu_count(),
        "processor": models[0] if models else platform.machine(),
        "memory_bytes": int(memory) * 1024,
        "system": platform.platform(),
        "load_average": [round(value, 2) for value in os.getloadavg()],
    }


def lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def versions(layout: Layout) -> dict[str, str]:
    """`environment/package` -> version, and Python's own."""
    found = {"python": platform.python_version()}
    for environment, packages in PACKAGES.items():
        (folder,) = (layout.envs / environment / "lib").glob("python*/site-packages")
        known = {each.metadata["Name"]: each.version for each in metadata.distributions(path=[str(folder)])}
        found |= {f"{environment}/{package}": known[package] for package in packages}
    return found


def commit(layout: Layout) -> str | None:
    """The checkout's commit, with a plus where something in it is changed; None outside git."""
    asked = ["git", "-C", str(layout.root), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
