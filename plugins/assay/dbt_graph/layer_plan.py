"""One layer of a zone, with tasks for each model: what its tasks are, and what precedes what among them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from operator import and_

from assay.dbt_graph.nodes import Kind, Node, Test
from assay.dbt_graph.pod_settings import PodSettings

BUILT_AFTER_SEEDS = (Kind.MODEL, Kind.SNAPSHOT)
READABLE_NAMES = 3
LONGEST_NAME = 120


@dataclass(frozen=True)
class Task:
    """A dbt command in a pod, or a gateway, which has none.

    `covers` are the models, snapshots and seeds it is about, by which a run may be limited to it. `shows` are those,
    and the sources as LOADED, that decide which rows its views, ephemeral models and sources have: where one of them is
    built or loaded, the task has to look again.
    """

    id: str
    command: tuple[str, ...] = ()
    model: str = ""
    pod: PodSettings | None = None
    covers: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()

    @property
    def layer(self) -> str:
        """The first part of its id: a layer, `seeds` or `sources`; a gateway's is its own."""
        return self.id.partition(".")[0]


def ends(tasks: Iterable[str], edges: Iterable[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """The tasks without a predecessor, and those without a successor."""
    pairs = list(edges)
    leaders, followers = {before for before, _ in pairs}, {after for _, after in pairs}
    return [task for task in tasks if task not in followers], [task for task in tasks if task not in leaders]


class Stage:
    """The tasks of one layer, and the order among them."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.tasks: dict[str, Task] = {}
        self.edges: set[tuple[str, str]] = set()

    @property
    def entries(self) -> list[str]:
        return ends(self.tasks, self.edges)[0]

    @property
    def exits(self) -> list[str]:
        return ends(self.tasks, self.edges)[1]


class ModelStage(Stage):
    """A layer with a task to run and a task to test each of its models."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        super().__init__(nodes)
        for node in self.nodes.values():
            self._add_node(node)
        for node in self.nodes.values():
            self._add_parents(node)
        self._add_seeds_first()
        self._add_tests_over_several()

    def _add_node(self, node: Node) -> None:
        for task_id, command in ((node.run_id, node.run_command), (node.test_id, node.test_command)):
            if command:
                covers = () if node.kind is Kind.SOURCE else (node.label,)
                self.tasks[task_id] = Task(task_id, command, node.name, node.pod, covers)
        if node.run_command and node.test_command:
            self.edges.add((node.run_id, node.test_id))

    def _add_parents(self, node: Node) -> None:
        """What a node reads is built and tested before it: parents' tests, or parents without tests themselves."""
        if head := node.head:
            self.edges |= {(tail, head) for parent in self._tasked_parents(node) if (tail := parent.tail)}

    def _tasked_parents(self, node: Node) -> list[Node]:
        """The parents in this stage, looking through ephemeral ones that have no task of their own."""
        found: dict[str, Node] = {}
        waiting, seen = list(node.parents), set(node.parents)
        while waiting:
            parent = self.nodes.get(waiting.pop())
            if parent is None:
                continue
            if parent.tail:
                found[parent.id] = parent
            else:
                fresh = [grandparent for grandparent in parent.parents if grandparent not in seen]
                seen.update(fresh)
                waiting.extend(fresh)
        return list(found.values())

    def _add_seeds_first(self) -> None:
        seeds = [node.run_id for node in self.nodes.values() if node.kind is Kind.SEED]
        for node in self.nodes.values():
            if node.kind not in BUILT_AFTER_SEEDS or not node.head:
                continue
            if not any(parent.kind in BUILT_AFTER_SEEDS for parent in self._tasked_parents(node)):
                self.edges |= {(seed, node.head) for seed in seeds}

    def _add_tests_over_several(self) -> None:
        """One task for all tests over the same nodes. It follows each of them, and precedes what all of them precede.

        That last rule is dbt's own. To hold back whatever follows any one of them would make a circle where one of two
        tested nodes reads the other, or where two such tests cross; the gateway holds back the next layer in any case.
        """
        several: dict[frozenset[str], list[Test]] = defaultdict(list)
        for node in self.nodes.values():
            for test in node.tests_over_several:
                several[test.subjects].append(test)
        if not several:
            return
        descendants = self._descendants()
        for subjects, tests in sorted(several.items(), key=lambda item: sorted(item[0])):
            covered = [self.nodes[subject] for subject in sorted(subjects)]
            task = _several_task(covered, tests)
            if task.id in self.tasks:
                task = _several_task(covered, tests, distinct=True)
            self.tasks[task.id] = task
            for node in covered:
                built = [node] if node.run_command else self._tasked_parents(node)
                self.edges |= {(before.run_id if before.run_command else before.tail, task.id) for before in built}
            held = reduce(and_, (descendants[node.id] for node in covered))
            blocked = {
                node.id: node for index, node in enumerate(self.nodes.values()) if held >> index & 1 and node.head
            }
            for node in blocked.values():
                if not any(parent.id in blocked for parent in self._tasked_parents(node)):
                    self.edges.add((task.id, node.head))

    def _descendants(self) -> dict[str, int]:
        """For each node the nodes that read it, directly or not, as a set of bits by position."""
        children: dict[str, list[str]] = defaultdict(list)
        for node in self.nodes.values():
            for parent in node.parents:
                if parent in self.nodes:
                    children[parent].append(node.id)
        position = {node_id: index for index, node_id in enumerate(self.nodes)}
        found: dict[str, int] = {}
        waiting = list(self.nodes)
        while waiting:
            node_id = waiting[-1]
            missing = [child for child in children[node_id] if child not in found]
            if missing and node_id not in found:
                waiting.extend(missing)
                continue
            found[waiting.pop()] = _union((1 << position[child]) | found[child] for child in children[node_id])
        return found


def _union(sets: Iterable[int]) -> int:
    """The union of sets of bits."""
    union = 0
    for bits in sets:
        union |= bits
    return union


def _several_task(covered: list[Node], tests: list[Test], distinct: bool = False) -> Task:
    """Named for what it waits for: `silver.dim_airports_and_fct_legs.test`."""
    names = [node.label for node in covered]
    shown = "_and_".join(names)
    if len(names) > READABLE_NAMES or len(shown) > LONGEST_NAME:
        shown, distinct = f"{names[0][:LONGEST_NAME]}_and_{len(names) - 1}_others", True
    if distinct:
        shown += f"_{_short_hash(node.id for node in covered)}"
    command = ("dbt", "test", "--indirect-selection", "empty", "--select", *sorted(test.selector for test in tests))
    return Task(f"{covered[0].layer}.{shown}.test", command, shown, covers=tuple(names))


def _short_hash(parts: Iterable[str]) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:6]
