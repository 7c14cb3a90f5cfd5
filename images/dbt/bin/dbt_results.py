"""dbt as it is, and one machine-readable line in its log for each node that it has finished.

    assay-result {"n": 1, "id": "test.assay.not_null_legs_id", "status": "fail", "failures": 3, "rows_in": "A.B.C", …}
    assay-result {"end": 1}

A pod has no other way to say what happened that needs no sidecar, no volume and no login: its log is followed anyway.
Lines are numbered and the last one says how many there were, so that a reader knows when one is missing. Each fits one
record of the container's log (16 KiB). `assay.pods.results` reads them.

What a line says is dbt's own: its event NodeFinished, and the manifest that it has in memory, for the names that nodes
have in the warehouse. No row of data is in it, but for what a database's error message quotes.

Runs with dbt's own Python, in the pod; imports nothing of this repository.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any, TextIO

from dbt.cli.main import cli
from dbt.constants import DEFAULT_ENV_PLACEHOLDER
from dbt.contracts.graph.manifest import Manifest
from dbt.mp_context import get_mp_context
from google.protobuf.json_format import MessageToDict

MARK = "assay-result "
REPORTED = ("build", "run", "seed", "snapshot", "test")
COUNTED = ("rows_inserted", "rows_updated", "rows_deleted")
KEPT_ROWS = ("fail", "warn")
LONGEST_MESSAGE, MOST_INPUTS = 2000, 100
PARSED_OTHERWISE = ("--vars", "--target", "-t", "--profile", "--project-dir", "--partial-parse", "--no-partial-parse")


@dataclass(frozen=True)
class Loaded:
    """A parse in memory, and of its environment what it was made with: profile, target and the zone's connection."""

    environment: Mapping[str, str]
    manifest: Manifest

    def fits(self) -> bool:
        """Whether dbt would take the parse as it is, as it decides it: from its environment and arguments."""
        made_with = {**self.manifest.env_vars, **self.environment}
        return not any(argument.startswith(PARSED_OTHERWISE) for argument in sys.argv[1:]) and all(
            os.environ.get(name, DEFAULT_ENV_PLACEHOLDER) == value for name, value in made_with.items()
        )


LOADED: dict[str, Loaded] = {}
"""By DBT_PARTIAL_PARSE_FILE_PATH: what the process that a pod is forked from has loaded (warm.py); else nothing."""


def main() -> None:
    """dbt's command line: arguments, output and exit code are its own."""
    shared: dict[str, Any] = {}
    loaded = LOADED.get(os.environ.get("DBT_PARTIAL_PARSE_FILE_PATH", ""))
    if loaded is not None and loaded.fits():
        loaded.manifest._lock = get_mp_context().Lock()  # its own, as dbt makes one with each manifest
        shared["manifest"] = loaded.manifest
    reporter = Reporter(shared, sys.stdout)
    shared["callbacks"] = [reporter.hear]
    try:
        cli(obj=shared)
    finally:
        reporter.end()


class Reporter:
    """`shared` is the object of dbt's click context, in which it keeps its flags and the manifest it has loaded."""

    def __init__(self, shared: dict[str, Any], out: TextIO) -> None:
        self._shared, self._out = shared, out
        self._printed = 0
        self._lock = Lock()  # nodes finish on several threads

    def hear(self, event: Any) -> None:
        """What dbt calls with each of its events, on the thread where it happened."""
        if event.info.name == "NodeFinished" and self._reports:
            manifest = self._shared["manifest"]
            node = manifest.expect(event.data.node_info.unique_id)
            if not node.is_ephemeral_model:  # which dbt finishes too, though nothing is built
                result = MessageToDict(event.data.run_result, preserving_proto_field_name=True)
                self._say(described(node, result, manifest))

    def end(self) -> None:
        if self._reports:
            self._print({"end": self._printed})

    @property
    def _reports(self) -> bool:
        return "flags" in self._shared and self._shared["flags"].WHICH in REPORTED

    def _say(self, line: dict[str, Any]) -> None:
        with self._lock:
            self._printed += 1
            self._print({"n": self._printed} | line)

    def _print(self, line: dict[str, Any]) -> None:
        self._out.write(f"{MARK}{json.dumps(line, separators=(',', ':'), default=str)}\n")
        self._out.flush()


def described(node: Any, result: dict[str, Any], manifest: Any) -> dict[str, Any]:
    """What is to be known of a finished node. Keys without a value are left out."""
    status = result["status"]
    response = result.get("adapter_response") or {}
    counts = [int(response[key]) for key in COUNTED if response.get(key) is not None]
    found = {
        "id": node.unique_id,
        "fqn": node.fqn,
        "status": status,
        "materialized": node.config.get("materialized"),
        "started": _moment(result, first=True),
        "ended": _moment(result, first=False),
        "seconds": round(float(result.get("execution_time") or 0), 3),
        "rows": sum(counts) if counts else None,
        "failures": result.get("num_failures"),
        "message": (result.get("message") or "")[:LONGEST_MESSAGE],
        "warehouse": f"snowflake://{os.environ.get('SNOWFLAKE_ACCOUNT', '')}",
        "inputs": list(dict.fromkeys(inputs(node, manifest)))[:MOST_INPUTS],
    }
    if (name := physical(node)) and node.resource_type != "test":
        found["relation"] = name
    elif name and status in KEPT_ROWS:
        found["rows_in"] = name
    return {key: value for key, value in found.items() if value not in (None, "", [])}


def inputs(node: Any, manifest: Any) -> Iterator[str]:
    """What the node reads, by its name in the warehouse; through ephemeral models, which have none."""
    for parent_id in node.depends_on_nodes:
        parent = manifest.expect(parent_id)
        if name := physical(parent):
            yield name
        else:
            yield from inputs(parent, manifest)


def physical(node: Any) -> str | None:
    """DATABASE.SCHEMA.TABLE as Snowflake stores it: in upper case, unless dbt quotes it."""
    name = getattr(node, "relation_name", None)
    if not name:
        return None
    return "".join(part if index % 2 else part.upper() for index, part in enumerate(name.split('"')))


def _moment(result: dict[str, Any], *, first: bool) -> str:
    """When dbt began or ended the node: its own clock, or now where it has taken no time (a skipped node)."""
    times = [step[key] for step in result.get("timing_info", ()) for key in ("started_at", "completed_at")
             if step.get(key)]  # fmt: skip
    if times:
        return str(min(times) if first else max(times))
    return datetime.now(UTC).isoformat()
