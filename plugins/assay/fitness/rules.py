"""The rule that nothing untested goes on: from a zone's nodes and the last results of each to what is unfit, and why.

A node is fit when dbt's last attempt to build it succeeded, with the digest that it has now, and each of its tests has
passed since. What a view, an ephemeral model or a source shows changes without a build of its own: their tests must be
later than the last build, or approved load, of what they read. A gold model is as fit as all that it was built from.

Who started a run, and what Airflow shows of its tasks, is no part of it: a task that was skipped, cleared or marked by
hand has written nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assay.fitness.graph import Check, CheckedGraph, CheckedNode

BUILT = "success"
PASSED = ("pass", "warn", "success")
SKIPPED = "skipped"
"""dbt did not begin: as if it had not been asked."""


@dataclass(frozen=True)
class Result:
    """One attempt of dbt at a node or test: `status` is dbt's word, None where nothing says how it ended.

    `started_at` is the warehouse's clock (UTC) when the invocation of dbt began, before it had touched anything.
    `checksum` is the node's digest then (assay.dbt_graph.digests), empty where it was not recorded.
    """

    node_id: str
    invocation: str
    started_at: datetime
    status: str | None
    run_id: str = ""
    checksum: str = ""
    failures: int = 0


@dataclass(frozen=True)
class Unfit:
    """A node that must not be read or published, and why in a sentence."""

    node: str
    place: str
    sentence: str


class Latest:
    """The last attempt at each node, and the last result of each test."""

    def __init__(self, results: Iterable[Result]) -> None:
        self._attempts: dict[str, Result] = {}
        self._ended: dict[str, Result] = {}
        for result in sorted(results, key=lambda each: each.started_at):
            if result.status == SKIPPED:
                continue
            self._attempts[result.node_id] = result
            if result.status is not None:
                self._ended[result.node_id] = result

    def attempt(self, node_id: str) -> Result | None:
        return self._attempts.get(node_id)

    def result(self, test_id: str) -> Result | None:
        return self._ended.get(test_id)


def unfit(
    graph: CheckedGraph,
    results: Iterable[Result],
    approvals: Mapping[str, datetime],
    of: Iterable[str] | None = None,
) -> list[Unfit]:
    """What is unfit of the nodes `of` (by default gold) and of all they are built from.

    `approvals` has the time at which rows of a source's table were last approved, by the table's name in upper case.
    """
    latest = Latest(results)
    found: list[Unfit] = []
    for node in graph.with_ancestors(graph.gold if of is None else of):
        sentences = [*_build(node, latest), *_checks(graph, node, latest, approvals)]
        found += [Unfit(node.id, node.place, f"{node.place} {sentence}") for sentence in sentences[:1]]
    return found


def smoke_missing(graph: CheckedGraph, results: Iterable[Result], since: datetime) -> list[str]:
    """Why the smoke tests do not speak for the candidate that was cut at `since`: a sentence for each that fails to."""
    latest = Latest(results)
    found = []
    for check in graph.smoke:
        last = latest.result(check.id)
        if last is not None and last.status not in PASSED and last.started_at >= since:
            found.append(f"Smoke test {check.name} failed {_when(last)}.")
        elif check.required and (last is None or last.started_at < since):
            found.append(f"Smoke test {check.name} has not run on this candidate.")
        elif check.required and any(not _tested(last, latest.attempt(subject)) for subject in check.subjects):
            found.append(f"Smoke test {check.name} ran before the candidate was built to its end.")
    return found


def unchanged_since(node: CheckedNode, checksum: str) -> bool:
    """Whether the node has the digest with which it was built. Unknown where either has none."""
    return not checksum or not node.checksum or checksum == node.checksum


def _build(node: CheckedNode, latest: Latest) -> list[str]:
    if not node.built:
        return []
    last = latest.attempt(node.id)
    if last is None:
        return ["has not been built since node results are recorded: run the zone without naming models."]
    if last.status is None:
        return [f"was being built {_when(last)}, and nothing says how that ended: build and test it again."]
    if last.status != BUILT:
        return [f"could not be built {_when(last)}: fix it, and build and test it again."]
    if not unchanged_since(node, last.checksum):
        return [f"has changed since it was built {_when(last)}: build and test it again."]
    return []


def _checks(graph: CheckedGraph, node: CheckedNode, latest: Latest, approvals: Mapping[str, datetime]) -> list[str]:
    failed, missing = [], []
    for check in graph.by_subject.get(node.id, ()):
        last = latest.result(check.id)
        if last is not None and last.status not in PASSED:
            rows = f" ({last.failures:,} rows)" if last.failures else ""
            failed.append(f"failed its test {check.name} {_when(last)}{rows}: fix it, and build and test it again.")
        elif check.required and (late := _not_tested(graph, check, last, latest, approvals)):
            missing.append(late)
    return failed or missing


def _not_tested(
    graph: CheckedGraph, check: Check, last: Result | None, latest: Latest, approvals: Mapping[str, datetime]
) -> str | None:
    if last is None:
        return f"has not been tested by {check.name}."
    if check.checksum and last.checksum and check.checksum != last.checksum:
        return f"has not been tested by {check.name} since that was changed."
    for subject in sorted(check.subjects):
        for below in sorted(graph.basis(subject)):
            source = graph.nodes[below]
            approved = approvals.get(source.table) if source.table else None
            if approved is not None and approved > last.started_at:
                return f"has not been tested by {check.name} since rows of {source.place} were approved."
            if source.built and not _tested(last, latest.attempt(below)):
                what = "it was built" if below == subject else f"{source.place} was built"
                return f"has not been tested by {check.name} since {what}."
    return None


def _tested(test: Result | None, build: Result | None) -> bool:
    """Whether the test looked at this build: in the same invocation of dbt, which orders them, or begun after it."""
    if test is None or build is None:
        return build is None
    return test.invocation == build.invocation or test.started_at > build.started_at


def _when(result: Result) -> str:
    by = f" in run {result.run_id}" if result.run_id else ""
    return f"at {result.started_at:%Y-%m-%d %H:%M:%S}{by}"


def listed(problems: Sequence[Unfit], most: int = 8) -> str:
    """The sentences, a line each; those beyond `most` are counted."""
    lines = [problem.sentence for problem in problems[:most]]
    if len(problems) > most:
        lines.append(f"… and {len(problems) - most} more.")
    return "\n".join(lines)
