"""From dbt's manifest to the tasks of one zone and what precedes what. Data in, data out: no Airflow, no files.

The rules, which hold for any manifest:

* A node's zone and layer are the first two folders of its path. Seeds and tests of sources go with the first layer.
* Every task of a layer, tests included, precedes the layer's gateway, which precedes every task of the next layer, and
  the next gateway.
* A model's tests precede what reads the model. A test over several models of a layer follows all of them.
* Seeds are loaded before any model.
* Smoke tests compare releases. They are in no layer.
* A layer that is built whole is one task, and one more for its seeds; gateways are the same.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from assay.dbt_graph.layer_plan import ModelStage, Stage, Task, ends
from assay.dbt_graph.nodes import SEEDS, SOURCES, Kind, Node, collect
from assay.dbt_graph.single_pod_layer import WholeStage
from assay.run_params import LOADED
from assay.zones.names import Layer

__all__ = ["LAYERS", "Graph", "Task", "graph"]

LAYERS = tuple(layer.value for layer in Layer)


@dataclass(frozen=True)
class Graph:
    """The tasks of a zone by id, and the pairs of ids of which the first precedes the second.

    `entries` are the tasks without a predecessor, `exits` those without a successor. `smoke` is the command of the
    smoke tests, empty where there is none.
    """

    tasks: Mapping[str, Task]
    edges: frozenset[tuple[str, str]]
    gateways: Mapping[str, str]
    smoke: tuple[str, ...]

    @property
    def entries(self) -> list[str]:
        return ends(self.tasks, self.edges)[0]

    @property
    def exits(self) -> list[str]:
        return ends(self.tasks, self.edges)[1]


def graph(manifest: Mapping[str, Any], zone: str, layers: Sequence[str] = LAYERS, whole: Container[str] = ()) -> Graph:
    """The tasks of `zone` in a manifest of dbt. Layers in `whole` are built by one task each.

    Raises ConfigurationError for a node outside the layers, for a ref that points to a later layer or into another
    zone, and for names that dbt or Airflow could not tell apart.
    """
    nodes, smoke = collect(manifest, zone, layers)
    stages: dict[str, list[Node]] = {layer: [] for layer in layers}
    for node in nodes:
        stages[layers[0] if node.layer in (SOURCES, SEEDS) else node.layer].append(node)

    built: list[Stage] = [
        WholeStage(layer, stages[layer], smoke) if layer in whole else ModelStage(stages[layer]) for layer in layers
    ]
    tasks: dict[str, Task] = {}
    edges: set[tuple[str, str]] = set()
    gateways: dict[str, str] = {}
    shown = _shown(nodes)
    for stage in built:
        tested = any(node.kind is Kind.SOURCE and node.tested for node in stage.nodes.values())
        tasks |= {task.id: _with_shown(task, shown, tested) for task in stage.tasks.values()}
        edges |= stage.edges
    for (before, after), layer in zip(pairwise(built), layers[1:], strict=True):
        gateway = gateways[layer] = f"gateway_to_{layer}"
        tasks[gateway] = Task(gateway)
        edges |= {(task, gateway) for task in before.exits}
        edges |= {(gateway, task) for task in after.entries}
    # A layer may be empty, or skipped in a run of a few models: its gateway then still waits for the one before.
    edges |= set(pairwise(gateways.values()))
    smoke_command = ("dbt", "test", "--indirect-selection", "empty", "--select", *(test.selector for test in smoke))
    return Graph(tasks, frozenset(edges), gateways, smoke_command if smoke else ())


def _shown(nodes: Sequence[Node]) -> dict[tuple[str, str], tuple[str, ...]]:
    """For each view and ephemeral model, by layer and label, what decides which rows it has."""
    by_id = {node.id: node for node in nodes}
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for node in nodes:
        if not (node.view or node.ephemeral):
            continue
        basis: dict[str, None] = {}
        waiting, seen = list(node.parents), set(node.parents)
        while waiting:
            parent = by_id.get(waiting.pop())
            if parent is None or parent.kind is Kind.SOURCE:
                basis[LOADED] = None
                continue
            basis[parent.label] = None
            if parent.view or parent.ephemeral:
                waiting += [each for each in parent.parents if each not in seen]
                seen.update(parent.parents)
        found[node.layer, node.label] = tuple(sorted(basis))
    return found


def _with_shown(task: Task, shown: Mapping[tuple[str, str], tuple[str, ...]], sources_tested: bool) -> Task:
    those = {each for label in task.covers for each in shown.get((task.layer, label), ())}
    if task.layer == SOURCES or (sources_tested and task.id.endswith(".build")):
        those.add(LOADED)
    return replace(task, shows=tuple(sorted(those - set(task.covers)))) if those else task
