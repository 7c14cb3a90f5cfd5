"""Results in words: for a task's page, for a failure's sentence, for a line of the log."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from assay.pods.failures import Failure, connection_lost
from assay.pods.results import NodeResult, Results

MOST_SHOWN = 5
"""Nodes of a kind that a sentence names with their queries; the rest are counted."""
MOST_NAMED = 3
LONGEST_SENTENCE = 14
"""Lines."""
LONGEST_PAGE = 3900
"""Characters; Airflow keeps 4,096 of a rendered field and says so in place of its beginning."""
LONGEST_REASON, MOST_LINES = 600, 6
KINDS = {"unit_test": "unit test"}


def sentence(node: NodeResult) -> str:
    """What became of a node, in one line: `Test unique_legs_id failed: 3 rows.`"""
    what = f"{_kind(node)} {node.name}"
    if node.status in ("fail", "warn") and node.kind == "test":
        return f"{what} {'failed' if node.failed else 'warned'}: {_rows(node.failures)}."
    if node.failed:
        first, *_ = [*_reason(node), "dbt does not say why."]
        return f"{what} {'failed' if 'test' in node.kind else 'was not built'}: {first}"
    if node.status == "skipped":
        return f"{what} was skipped, because something before it failed."
    counted = f"{_rows(node.rows)}, " if node.rows is not None else ""
    return f"{what}: {node.status}, {counted}{node.seconds:.1f} s."


def described(node: NodeResult) -> list[str]:
    """The sentence, and below it the query that shows the rows, or the rest of the reason."""
    if node.query:
        return [sentence(node), f"{node.query};"]
    return [sentence(node), *(_reason(node)[1:] if node.failed else ())]


def in_words(trouble: Failure | None, results: Results) -> Failure | None:
    """Why the pod failed, in the words of what dbt has done in it.

    Where dbt itself ended with an error, its results say more than its last lines do, also whether another try makes
    sense. Where it was ended by something else, they say how far it had come.
    """
    if trouble is None or not results.nodes:
        return trouble
    if trouble.program_failed:
        again = trouble.again or all(connection_lost(node.message) for node in results.failed)
        return replace(trouble, sentence=failed(results), again=again) if results.failed else trouble
    return replace(trouble, sentence=f"{trouble.sentence}\n{summary(results)}")


def failed(results: Results) -> str:
    """What failed and what warned, the first line being enough; no longer than an alert shows whole."""
    first = [] if len(results.failed) == 1 else [summary(results)]
    lines = [*first, *_described(results.failed), *_described(results.warned)]
    if len(lines) > LONGEST_SENTENCE:
        lines = [*lines[: LONGEST_SENTENCE - 1], "… and more: see the task's page."]
    return "\n".join(lines)


def warnings(results: Results) -> list[str]:
    """Two lines for each test that warned, the second being the query."""
    return list(_described(results.warned))


def summary(results: Results) -> str:
    """`2 of 14 failed: unique_legs_id, fct_legs; 1 warned: …` in one line."""
    parts = []
    for word, those in (("failed", results.failed), ("warned", results.warned)):
        if those:
            names = ", ".join(node.name for node in those[:MOST_NAMED])
            parts.append(f"{len(those)} {word} ({names}{', …' if len(those) > MOST_NAMED else ''})")
    if skipped := sum(node.status == "skipped" for node in results.nodes):
        parts.append(f"{skipped} skipped")
    nodes = "1 node" if len(results.nodes) == 1 else f"{len(results.nodes)} nodes"
    said = f"Of {nodes} {', '.join(parts)}." if parts else f"{nodes} went well."
    return said + (" More may have happened: the log broke off before dbt had ended." if results.missing else "")


def page(results: Results) -> str:
    """All of it, the worst first, short enough for a task's page."""
    lines = [summary(results), ""]
    worst = [*results.failed, *results.warned]
    for node in worst:
        first, *rest = described(node)
        lines += [first, *(f"    {line}" for line in rest)]
    others = [node for node in results.nodes if not node.failed and not node.warned]
    lines += [*([""] if worst and others else []), *(sentence(node) for node in others)]
    return _cut(lines)


def _cut(lines: list[str]) -> str:
    kept: list[str] = []
    length = 0
    for position, line in enumerate(lines):
        length += len(line) + 1
        if length > LONGEST_PAGE:
            return "\n".join(
                [*kept, f"… and {len(lines) - position} lines more: all figures are in the XCom `results`."]
            )
        kept.append(line)
    return "\n".join(kept)


def _described(nodes: list[NodeResult]) -> Iterator[str]:
    for node in nodes[:MOST_SHOWN]:
        yield from described(node)
    if len(nodes) > MOST_SHOWN:
        yield f"… and {len(nodes) - MOST_SHOWN} more {'failed' if nodes[0].failed else 'warned'}."


def _reason(node: NodeResult) -> list[str]:
    """dbt's own words, line by line, without where it compiled to."""
    lines = [line.strip() for line in node.message[:LONGEST_REASON].splitlines()]
    return list(_without_paths(lines))[:MOST_LINES]


def _without_paths(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if line and not line.startswith("compiled code at "):
            yield line


def _kind(node: NodeResult) -> str:
    return KINDS.get(node.kind, node.kind).capitalize()


def _rows(count: int | None) -> str:
    return "1 row" if count == 1 else f"{count or 0:,} rows"
