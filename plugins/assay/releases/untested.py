"""Whether a candidate may be published: nothing in it, or below it, failed its last test or was built since."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from assay.fitness import CheckedGraph, Result, Unfit, smoke_missing, unfit
from assay.fitness.ledger import prune, read_approvals, read_results
from assay.fitness.rules import PASSED, Latest, listed, unchanged_since
from assay.releases.inputs import Inputs
from assay.releases.ledger import Release, ReleaseLedger
from assay.releases.news import read_inputs
from assay.warehouse import Warehouse
from assay.zones import Zone, ZoneNames


@dataclass(frozen=True)
class Assessment:
    """What the ledger of node results says of one candidate.

    `replaced` are the inputs of the release that it was cut from, None where they are not known: a gold model that was
    not built since is that release's table.
    """

    graph: CheckedGraph
    results: Sequence[Result]
    approvals: Mapping[str, datetime]
    release: Release
    replaced: Inputs | None

    @property
    def unfit(self) -> list[Unfit]:
        return unfit(self.graph, self.results, self.approvals)

    @property
    def problem(self) -> str:
        """Why the candidate must not be published, a line each; empty when it may be."""
        smoke = smoke_missing(self.graph, self.results, since=self.release.created_at)
        return "\n".join(line for line in (listed(self.unfit), *self._copied(), *smoke) if line)

    @property
    def began(self) -> datetime:
        """When the release's run first built or tested anything: what it read was there by then."""
        own = (each.started_at for each in self.results if each.run_id == self.release.run_id)
        return min([self.release.created_at, *own])

    @property
    def complete(self) -> bool:
        """Whether the release's run built everything that gold is made of."""
        latest = Latest(self.results)
        attempts = [latest.attempt(node.id) for node in self.graph.with_ancestors(self.graph.gold) if node.built]
        return all(last is not None and last.run_id == self.release.run_id for last in attempts)

    @property
    def models(self) -> dict[str, str]:
        """The digest of each gold model when the candidate's table was built."""
        before = self.replaced.models if self.replaced else {}
        built = self._built_since()
        return {node: built.get(node, before.get(node, "")) for node in self.graph.gold}

    def _built_since(self) -> dict[str, str]:
        latest = Latest(self.results)
        attempts = ((node, latest.attempt(node)) for node in self.graph.gold)
        since = self.release.created_at
        return {node: last.checksum for node, last in attempts if last is not None and last.started_at >= since}

    def _copied(self) -> list[str]:
        if self.replaced is None:
            return []
        built, before, found = self._built_since(), self.replaced.models, []
        for node in (self.graph.nodes[each] for each in self.graph.gold if each not in built):
            if node.built and node.id not in before:
                found.append(f"{node.place} is not in the candidate: build it, or run the zone without naming models.")
            elif not unchanged_since(node, before.get(node.id, "")):
                found.append(
                    f"{node.place} has changed since it was built for release {self.release.replaces}: build it, or "
                    "run the zone without naming models."
                )
        return found


def marked_by_hand(
    assessed: Assessment, run_id: str, states: Mapping[str, str | None], known: Collection[str]
) -> list[str]:
    """Return a sentence for each task that Airflow shows as a success and that dbt did not end as one in this run.

    `known` are the tasks of which an override is kept with the person's name (`assay.overrides`): not these.
    """
    latest = Latest(assessed.results)
    found = []
    for node in assessed.graph.nodes.values():
        ends = [latest.result(check.id) for check in assessed.graph.by_subject.get(node.id, ()) if check.required]
        wrong = {
            "run": node.built and not _ended_well(latest.attempt(node.id), run_id),
            "test": any(not _ended_well(last, run_id) for last in ends),
        }
        found += [
            f"Task {node.place}.{verb} was marked as a success by hand: dbt has recorded none in run {run_id}. The "
            "audit log of the run in Airflow says by whom."
            for verb, is_wrong in wrong.items()
            if is_wrong and states.get(f"{node.place}.{verb}") == "success" and f"{node.place}.{verb}" not in known
        ]
    return found


def _ended_well(last: Result | None, run_id: str) -> bool:
    return last is not None and last.run_id == run_id and last.status in PASSED


class CandidateCheck:
    """Reads the ledger of node results for a release, on a login of the zone's publisher."""

    def __init__(self, warehouse: Warehouse, names: ZoneNames, graph: CheckedGraph) -> None:
        self._warehouse = warehouse
        self._names = names
        self._graph = graph
        self._ledger = ReleaseLedger(warehouse, names)

    def assess(self, release: Release, releases: Sequence[Release]) -> Assessment:
        replaced = next((each.inputs for each in releases if each.release_id == release.replaces), None)
        return Assessment(
            self._graph,
            read_results(self._warehouse, self._names),
            read_approvals(self._warehouse, self._names),
            release,
            replaced,
        )

    def record(self, assessed: Assessment, zone: Zone, code: str) -> None:
        """Keep with the release what it was built from."""
        found = read_inputs(self._warehouse, self._names, zone, code, as_of=assessed.began)
        self._ledger.built_from(
            assessed.release.release_id, replace(found, complete=assessed.complete, models=assessed.models)
        )

    def forget(self) -> None:
        """Drop results that later ones have replaced: the ledger does not grow with the number of runs."""
        prune(self._warehouse, self._names)
