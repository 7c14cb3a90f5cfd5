"""Messages for a chat webhook: plain text in the little markup that Slack and Mattermost read alike.

Both take `{"text": …}`, `*emphasis*`, `> quotes`, code fences and `<address|words>`, and want `&`, `<`, `>` escaped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Message = dict[str, str]
MOST_LINES = 24
"""Of warnings in one message: twelve tests with their queries. Whoever has more has been told enough to look."""


@dataclass(frozen=True)
class Failure:
    """What is known of a failure. `task` is None when the run as a whole failed; `what` has been cleaned up."""

    zone: str
    environment: str
    owner: str
    run_id: str
    what: str
    run_url: str
    runbook: str
    task: str | None = None
    log_url: str | None = None
    tries: int = 1


def failed(failure: Failure) -> Message:
    """Zone, owner, task, what went wrong in words, and links: to the log, the run and its retry, the runbook."""
    where = f"task `{failure.task}` failed" if failure.task else "the run failed"
    tries = f", after {failure.tries} tries" if failure.tries > 1 else ""
    first, _, rest = failure.what.partition("\n")
    lines = [
        f"*{failure.zone}* ({failure.environment}): {where}{tries}.",
        f"> {escaped(first)}",
        *([f"```\n{escaped(rest)}\n```"] if rest.strip() else []),
        f"Owner: {escaped(failure.owner)}. Run: `{failure.run_id}`",
        " · ".join(
            [
                *([link(failure.log_url, "Log")] if failure.log_url else []),
                link(failure.run_url, "Run and retry"),
                runbook(failure.runbook),
            ]
        ),
    ]
    return {"text": "\n".join(lines)}


def recovered(zone: str, environment: str, task: str | None, run_id: str, run_url: str) -> Message:
    """A zone is well again: a run succeeded after one that was announced as failed."""
    what = f"`{task}` had failed" if task else "the run before had failed"
    return {
        "text": f"*{zone}* ({environment}): recovered, {what} and run `{run_id}` succeeded. {link(run_url, 'Run')}",
    }


def with_warnings(zone: str, environment: str, run_id: str, lines: Sequence[str], run_url: str) -> Message:
    """A run succeeded, and tests of it warned. `lines` say which, how often, and how to see the rows."""
    shown = list(lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        shown.append(f"… and {len(lines) - MOST_LINES} lines more: they are on the pages of the run's tasks.")
    return {
        "text": f"*{zone}* ({environment}): run `{run_id}` succeeded with warnings.\n"
        + f"```\n{escaped(chr(10).join(shown))}\n```\n{link(run_url, 'Run')}"
    }


def released(
    zone: str, environment: str, release_id: str, rows: Mapping[str, tuple[int | None, int | None]], run_url: str
) -> Message:
    """What is live now. `rows` are each table's rows in the new release and in the one before (None: no such table)."""
    tables = "; ".join(f"{table.lower()} {_change(*counts)}" for table, counts in sorted(rows.items()))
    text = f"*{zone}* ({environment}): release {release_id} is live. {tables}. " if tables else (
        f"*{zone}* ({environment}): release {release_id} is live. "
    )  # fmt: skip
    return {"text": text + link(run_url, "Run")}


def _change(new: int | None, old: int | None) -> str:
    if new is None:
        return "is gone"
    if old is None:
        return f"{new:,} rows, new"
    return f"{new:,} rows ({new - old:+,})" if new != old else f"{new:,} rows, as before"


def runbook(where: str) -> str:
    """A link where the zone names an address, and the path in the repository otherwise."""
    return link(where, "Runbook") if where.startswith("https://") else f"Runbook: `{where}`"


def link(url: str, words: str) -> str:
    return f"<{url}|{words}>"


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
