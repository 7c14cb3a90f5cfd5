"""Tasks between others, which `>>` treats as one."""

from collections.abc import Sequence
from typing import Any

from airflow.models.taskmixin import DependencyMixin
from airflow.sdk import BaseOperator, TaskGroup

Node = BaseOperator | TaskGroup


class Section(DependencyMixin):
    """A part of a DAG: what precedes it precedes each of `first`, and what follows it follows each of `last`."""

    def __init__(self, first: Sequence[Node], last: Sequence[Node]) -> None:
        self._first, self._last = first, last

    @property
    def roots(self) -> list[Any]:
        return [task for node in self._first for task in node.roots]

    @property
    def leaves(self) -> list[Any]:
        return [task for node in self._last for task in node.leaves]

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        for node in self._first:
            node.set_upstream(other, edge_modifier)

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        for node in self._last:
            node.set_downstream(other, edge_modifier)

    def update_relative(self, other: Any, upstream: bool = True, edge_modifier: Any = None) -> None:
        for node in self._first if upstream else self._last:
            node.update_relative(other, upstream, edge_modifier)
