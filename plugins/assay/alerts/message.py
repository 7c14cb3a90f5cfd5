"""Messages for a chat webhook, as text in the markup of `markup`. Pure: posting is `outbox`'s and `delivery`'s."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.alerts.markup import code, fence, link

Message = dict[str, str]
MOST_LINES = 24
"""Of warnings in one message: twelve tests with their queries. Warnings beyond this are counted, not listed."""
LONGEST = 14_000
"""Characters of a message. Mattermost takes 16,383, Slack 40,000."""
SHORTEST_REASON = 160
NAMES = re.compile(r"[A-Za-z0-9_]+(, [A-Za-z0-9_]+)*")


@dataclass(frozen=True)
class Failure:
    """One cause of a failed run. `task` is None when the run as a whole failed; `what` has been cleaned up.

    `runbook`: an address, or a path in the repository where the environment names no page of it.
    """

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
    where = f"task {code(failure.task)} failed" if failure.task else "the run failed"
    return {"text": "\n".join([f"{_head(failure)}: {where}{_tries(failure)}.", fence(failure.what), _foot(failure)])}


def closed(failures: Sequence[Failure]) -> Message:
    """Every cause of one run's failure, each with its reason and its log, as far as one message can hold them."""
    first = failures[0]
    if len(failures) == 1:
        return failed(first)
    room = max(SHORTEST_REASON, (LONGEST - 1000) // len(failures) - 200)
    causes = [_cause(failure, room) for failure in failures]
    shown, length = [], 0
    for cause in causes:
        length += len(cause) + 1
        if length > LONGEST - 1000:
            break
        shown.append(cause)
    if left := len(causes) - len(shown):
        shown.append(f"… and {left} more: they are on the run's page.")
    return {"text": "\n".join([f"{_head(first)}: {len(failures)} tasks failed.", *shown, _foot(first, log=False)])}


def _cause(failure: Failure, room: int) -> str:
    where = code(failure.task) if failure.task else "the run"
    log = f" · {link(failure.log_url, 'Log')}" if failure.log_url else ""
    return f"{where}{_tries(failure)}{log}\n{fence(shortened(failure.what, room))}"


def shortened(text: str, room: int) -> str:
    """The text, cut so that its markup-safe form fits into `room` characters."""
    if len(fence(text)) <= room:
        return text
    kept = text[:room]
    while kept and len(fence(kept)) > room - 1:
        kept = kept[: len(kept) * 9 // 10]
    return kept.rstrip() + "…"


def _head(failure: Failure) -> str:
    return f"{named(failure.zone)} ({failure.environment})"


def named(zone: str) -> str:
    """What a message is about, in bold; the name of a file that is no name of a zone in code."""
    return f"*{zone}*" if NAMES.fullmatch(zone) else code(zone)


def _tries(failure: Failure) -> str:
    return f", after {failure.tries} tries" if failure.tries > 1 else ""


def _foot(failure: Failure, *, log: bool = True) -> str:
    links = [
        *([link(failure.log_url, "Log")] if log and failure.log_url else []),
        link(failure.run_url, "Run and retry"),
        runbook(failure.runbook),
    ]
    return f"Owner: {code(failure.owner)}. Run: {code(failure.run_id)}\n{' · '.join(links)}"


def recovered(
    zone: str, environment: str, tasks: Sequence[str | None], run_id: str, run_url: str, owner: str = ""
) -> Message:
    """A zone is well again: a run succeeded after one whose failure was posted. `tasks`: what had failed."""
    names = [code(task) for task in tasks if task]
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    what = f"{shown} had failed" if names else "the run before had failed"
    by = f" Owner: {code(owner)}." if owner else ""
    return {"text": f"{named(zone)} ({environment}): recovered, {what} and run {code(run_id)} succeeded.{by} "
                    + link(run_url, "Run")}  # fmt: skip


def with_warnings(zone: str, environment: str, run_id: str, lines: Sequence[str], run_url: str) -> Message:
    """A run succeeded with warnings of tests and contracts. `lines` say which, how often, and how to see the rows."""
    shown = list(lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        shown.append(f"… and {len(lines) - MOST_LINES} lines more: they are on the pages of the run's tasks.")
    text = shortened("\n".join(shown), LONGEST)
    return {
        "text": f"{named(zone)} ({environment}): run {code(run_id)} succeeded with warnings.\n"
        f"{fence(text)}\n{link(run_url, 'Run')}"
    }


def released(
    zone: str,
    environment: str,
    release_id: str,
    rows: Mapping[str, tuple[int | None, int | None]],
    run_url: str,
    overrides: Sequence[str] = (),
) -> Message:
    """What is live now. `rows` are each table's rows in the new release and in the one before (None: no such table),
    `overrides` a sentence for each task that was set to a state by hand."""
    tables = "; ".join(f"{code(table.lower())} {_change(*counts)}" for table, counts in sorted(rows.items()))
    live = f"{named(zone)} ({environment}): release {code(release_id)} is live. "
    by_hand = "\n" + fence("\n".join(overrides)) if overrides else ""
    return {"text": live + (f"{tables}. " if tables else "") + link(run_url, "Run") + by_hand}


def rolled_back(
    zone: str,
    environment: str,
    release_id: str,
    actor: str,
    reason: str,
    page: str | None,
    *,
    forward: bool = False,
    held: bool = True,
) -> Message:
    """Another release is live again: an older one, or `forward` the one that was rolled back. `held`: publishing is."""
    step = "rolled forward" if forward else "rolled back"
    publishing = "Publishing is held until it is resumed." if held else "Runs publish."
    text = (
        f"{named(zone)} ({environment}): {step} by {code(actor)}. Release {code(release_id)} is live again. "
        f"{publishing}\n"
    )
    return {"text": text + fence(reason) + (f"\n{link(page, 'Run')}" if page else "")}


def broken(zone: str, environment: str, problem: str, page: str) -> Message:
    """A zone's files cannot be read: Airflow has no DAG of them, or goes on with the last one that it could read."""
    text = f"{named(zone)} ({environment}): its DAG cannot be read, and the zone does not run as its files say.\n"
    return {"text": f"{text}{fence(problem)}\n{page}"}


def readable(zone: str, environment: str) -> Message:
    return {"text": f"{named(zone)} ({environment}): recovered, its DAG can be read again."}


def not_fresh(zone: str, environment: str, lines: Sequence[str], page: str, where: str) -> Message:
    """Tables are older than their contracts allow, and no run of the zone has said so. `page`: the zone's DAG."""
    text = (
        f"*{zone}* ({environment}): no new data, and no run has said so: is the zone paused, or its schedule stopped?"
    )
    return {"text": f"{text}\n{fence(shortened(chr(10).join(lines), LONGEST))}\n{link(page, 'DAG')} · {runbook(where)}"}


def fresh_again(zone: str, environment: str, tables: Sequence[str]) -> Message:
    return {"text": f"*{zone}* ({environment}): recovered, {', '.join(map(code, tables))} has new data again."}


def _change(new: int | None, old: int | None) -> str:
    if new is None:
        return "is gone"
    if old is None:
        return f"{new:,} rows, new"
    return f"{new:,} rows ({new - old:+,})" if new != old else f"{new:,} rows, as before"


def runbook(where: str) -> str:
    """A link where it is an address; the path in the repository otherwise."""
    return link(where, "Runbook") if where.startswith(("https://", "http://")) else f"Runbook: {code(where)}"
