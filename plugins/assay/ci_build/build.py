"""A zone's part of a review: its changed nodes and what follows, built as the zone's publisher, and dropped again."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.ci_build.where import VARIABLE, Review
from assay.dbt import NO_LOGIN, Dbt
from assay.sql import templates
from assay.warehouse import Warehouse

render = templates(__file__)
FOLDERS = ("models", "seeds", "snapshots", "tests")
LEFT_OUT = ("--exclude", "tag:smoke")
"""Smoke tests compare a candidate with its live release, and a review has no candidate."""
OPTIONAL = ("host", "port")


@dataclass(frozen=True)
class Built:
    """What became of one node: dbt's status for it, and its words where that is not success."""

    zone: str
    node: str
    status: str
    said: str = ""

    @property
    def failed(self) -> bool:
        return self.status in ("error", "fail", "runtime error", "skipped")


def changed(dbt: Dbt, review: Review, project: Path, state: Path, target: Path) -> list[str]:
    """The zones in which something differs from `state`, or follows from what does. Raises DbtError."""
    command = ["--select", "state:modified+", *LEFT_OUT, "--state", str(state), "--output", "path"]
    paths = dbt.names(command, project, target, NO_LOGIN | {VARIABLE: review.name})
    return sorted({Path(path).parts[1] for path in paths})


def build(
    dbt: Dbt, review: Review, zone: str, login: Mapping[str, Any], project: Path, state: Path, target: Path
) -> list[Built]:
    """Builds what differs from `state`, and what follows from it; reads the rest where `state` says it is.

    `login` are the arguments of snowflake-connector-python for a user who may make schemas in the zone's database.
    Raises DbtError.
    """
    select = [f"state:modified+,path:{folder}/{zone}" for folder in FOLDERS if (project / folder / zone).is_dir()]
    command = [
        "build",
        "--select",
        *select,
        "--exclude",
        "tag:smoke",
        "--defer",
        "--favor-state",
        "--state",
        str(state),
    ]
    dbt.run(command, project, target, variables(login) | {VARIABLE: review.name, "ASSAY_ZONE": zone})
    results = json.loads((target / "run_results.json").read_text())["results"]
    return [_built(zone, result) for result in results]


def drop(warehouse: Warehouse, review: Review, zone: str) -> None:
    """Removes what the review has in the zone; where there is nothing, nothing happens. Raises WarehouseError."""
    for schema in review.schemas(zone):
        warehouse.execute(render("drop", schema=schema))


def variables(login: Mapping[str, Any]) -> dict[str, str]:
    """The environment of profiles.yml for a login; the key travels in it and nowhere else."""
    names = ("account", "user", "role", "warehouse", "database", *(name for name in OPTIONAL if login.get(name)))
    key = base64.b64encode(login["private_key"]).decode()
    found = {f"SNOWFLAKE_{name.upper()}": str(login[name]) for name in names}
    return found | {"DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": key}


def _built(zone: str, result: Mapping[str, Any]) -> Built:
    said = " ".join((result.get("message") or "").split())
    status = str(result["status"])
    name = str(result["unique_id"]).split(".")[2]
    return Built(zone, name, status, "" if status in ("success", "pass") else said)
