"""One layer of a zone, built whole: one pod runs and tests all of it, in dbt's own order."""

from collections.abc import Iterable, Sequence

from assay.dbt_graph.layer_plan import Stage, Task
from assay.dbt_graph.nodes import Kind, Node, Test


class WholeStage(Stage):
    """A layer with one task, `<layer>.build`. Two things have tasks of their own, for dbt would take them too soon:

    * `seeds.build`, before it: dbt loads a seed before what refers to it, and not before all models.
    * `<layer>.unit_tests`, after it, where unit tests give rows of `this`, and not as SQL: dbt runs unit tests before
      their model, and these need its table to be there.
    """

    def __init__(self, layer: str, nodes: Iterable[Node], smoke: Sequence[Test]) -> None:
        super().__init__(nodes)
        self.smoke = smoke
        seeds = [node for node in self.nodes.values() if node.kind is Kind.SEED]
        others = [node for node in self.nodes.values() if node.kind is not Kind.SEED]
        late = sorted(test for node in others for test in node.late_unit_tests)
        previous = ""
        for task in (
            self._build("seeds", seeds),
            self._build(layer, others, late),
            self._unit_tests(layer, others, late),
        ):
            if task is None:
                continue
            self.tasks[task.id] = task
            if previous:
                self.edges.add((previous, task.id))
            previous = task.id

    def _build(self, name: str, nodes: Sequence[Node], late: Sequence[str] = ()) -> Task | None:
        """Builds and tests exactly these nodes.

        `cautious` takes the tests that read nothing else, over several of them too; those that also read earlier layers
        are named one by one.
        """
        if not any(node.run_command or node.tested or node.tests_over_several for node in nodes):
            return None
        here = {node.id for node in nodes}
        chosen = [node.selector for node in nodes if node.kind is not Kind.SOURCE or node.has_tests_of_its_own]
        further = {test for node in nodes for test in node.further_tests}
        several = {test.selector for node in nodes for test in node.tests_over_several}
        excluded = sorted({*late, *(test.selector for test in self.smoke if test.subjects <= here)})
        command = (
            *("dbt", "build", "--indirect-selection", "cautious", "--select", *chosen, *sorted(further | several)),
            *(("--exclude", *excluded) if excluded else ()),
        )
        return Task(f"{name}.build", command, name, covers=_labels(nodes))

    def _unit_tests(self, layer: str, nodes: Sequence[Node], late: Sequence[str]) -> Task | None:
        if not late:
            return None
        command = ("dbt", "test", "--indirect-selection", "empty", "--select", *late)
        covers = _labels(node for node in nodes if node.late_unit_tests)
        return Task(f"{layer}.unit_tests", command, layer, covers=covers)


def _labels(nodes: Iterable[Node]) -> tuple[str, ...]:
    return tuple(node.label for node in nodes if node.kind is not Kind.SOURCE)
