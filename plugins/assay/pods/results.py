"""What dbt did in a pod, node by node, from the lines that it left in the pod's log. No Kubernetes, no Airflow.

images/dbt/bin/dbt_results.py writes the lines: numbered, and the last one says how many there were. A log is read
while it grows, may break off and is then read again, so lines may come twice, cut short, or not at all.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

MARK = "assay-result "
SEEDS = "seeds"
BUILT_KINDS = ("model", "seed", "snapshot")


@dataclass(frozen=True)
class NodeResult:
    """One node that dbt has finished.

    `kind` is dbt's word (model, seed, snapshot, test, unit_test), `layer` the folder it is in, empty for tests.
    `status` is dbt's word: success, pass, warn, fail, error, skipped, partial success, no-op. `rows` are those that the
    warehouse says were inserted, updated or deleted, None where it does not say (a view). `failures` are a test's.
    `relation` is what was built, `rows_in` the table that keeps a test's failing rows, `inputs` what was read: names as
    the warehouse stores them, in the account `warehouse` (`snowflake://<account>`). `started` and `ended` are ISO 8601
    in UTC, and `message` may quote what the warehouse said.
    """

    id: str
    kind: str
    zone: str
    layer: str
    name: str
    status: str
    materialized: str
    started: str
    ended: str
    seconds: float
    rows: int | None
    failures: int
    message: str
    relation: str
    rows_in: str
    inputs: tuple[str, ...]
    warehouse: str

    def masked(self, mask: Callable[[str], str]) -> "NodeResult":
        """The same, with every text of it masked."""
        said: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        texts = {name: mask(text) for name, text in said.items() if isinstance(text, str)}
        return NodeResult(**said | texts | {"inputs": tuple(mask(each) for each in self.inputs)})

    @property
    def failed(self) -> bool:
        return self.status in ("error", "fail", "runtime error", "partial success")

    @property
    def warned(self) -> bool:
        return self.status == "warn"

    @property
    def built(self) -> bool:
        """Whether something in the warehouse is now as this node says."""
        return self.kind in BUILT_KINDS and self.status == "success" and bool(self.relation)

    @property
    def query(self) -> str:
        """Shows the rows that the test is about; empty where none are kept."""
        return f"select * from {self.rows_in}" if self.rows_in else ""

    @property
    def place(self) -> str:
        """`silver.fct_legs`: as tasks and assets name a node. A test is its name."""
        return f"{self.layer}.{self.name}" if self.layer else self.name


@dataclass(frozen=True)
class Results:
    """`nodes` in the order in which they were finished. `missing` says whether some have not arrived."""

    nodes: tuple[NodeResult, ...] = ()
    missing: bool = False

    @cached_property
    def failed(self) -> list[NodeResult]:
        return [node for node in self.nodes if node.failed]

    @cached_property
    def warned(self) -> list[NodeResult]:
        return [node for node in self.nodes if node.warned]

    @property
    def built(self) -> list[NodeResult]:
        return [node for node in self.nodes if node.built]

    def masked(self, mask: Callable[[str], str]) -> "Results":
        """The same without the secret values that dbt has put into a text of it."""
        return replace(self, nodes=tuple(node.masked(mask) for node in self.nodes))

    def figures(self) -> list[dict[str, Any]]:
        """Names and numbers of each node, and no data. Keys without a value are left out."""
        return [
            {
                key: value
                for key, value in {
                    "node": node.place,
                    "kind": node.kind,
                    "status": node.status,
                    "seconds": node.seconds,
                    "rows": node.rows,
                    "failures": node.failures or None,
                    "rows_in": node.rows_in or None,
                }.items()
                if value is not None
            }
            for node in self.nodes
        ]


class ResultLines:
    """Picks the results out of a log, line by line. Reading a line twice changes nothing."""

    def __init__(self) -> None:
        self._nodes: dict[int, NodeResult] = {}
        self._end: int | None = None

    @property
    def complete(self) -> bool:
        """Return whether dbt's end marker and all announced results were received."""
        return self._end is not None and self._end == len(self._nodes)

    def take(self, line: str) -> NodeResult | None:
        """The result in this line. None for any other line, and for one that is cut short."""
        if not line.startswith(MARK):
            return None
        try:
            said = json.loads(line.removeprefix(MARK))
            if "end" in said:
                self._end = int(said["end"])
                return None
            number, node = int(said["n"]), _node(said)
        except (ValueError, TypeError, KeyError, IndexError):
            return None
        self._nodes[number] = node
        return node

    def read(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.take(line)

    def results(self) -> Results:
        return Results(tuple(self._nodes[number] for number in sorted(self._nodes)), missing=not self.complete)


def is_result(line: str) -> bool:
    return line.startswith(MARK)


def _node(said: Mapping[str, Any]) -> NodeResult:
    kind, _, *names = said["id"].split(".")
    fqn: Sequence[str] = said["fqn"]
    layer = SEEDS if kind == "seed" else fqn[2] if kind in BUILT_KINDS else ""
    return NodeResult(
        id=said["id"],
        kind=kind,
        zone=fqn[1],
        layer=layer,
        name=_name(kind, names),
        status=said["status"],
        materialized=said.get("materialized", ""),
        started=said.get("started", ""),
        ended=said.get("ended", ""),
        seconds=float(said.get("seconds", 0)),
        rows=said.get("rows"),
        failures=int(said.get("failures", 0)),
        message=said.get("message", ""),
        relation=said.get("relation", ""),
        rows_in=said.get("rows_in", ""),
        inputs=tuple(said.get("inputs", ())),
        warehouse=said.get("warehouse", ""),
    )


def _name(kind: str, names: Sequence[str]) -> str:
    """`model.assay.legs.v2` is legs_v2; a test's id ends with a hash, a unit test's begins with its model."""
    if kind == "unit_test":
        return names[-1]
    return "_".join(names) if kind in BUILT_KINDS else names[0]
