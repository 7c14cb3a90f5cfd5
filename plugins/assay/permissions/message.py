"""What the platform's channel is told of permissions. Pure."""

from assay.alerts.markup import fence, link
from assay.alerts.message import Message
from assay.alerts.message import runbook as runbook_link
from assay.permissions.planning import Plan

LONGEST = 15
"""Lines of a plan that a chat message shows; all of them are in the run's log."""


def drifted(environment: str, found: Plan, run_url: str, runbook: str) -> Message:
    """Somebody changed by hand who may do what, or the file was changed and not applied."""
    return _message(environment, f"the warehouse is not as {found.file} says.", found, run_url, runbook)


def applied(environment: str, found: Plan, run_url: str, runbook: str) -> Message:
    """The same, put right."""
    return _message(environment, f"the warehouse was not as {found.file} says, and is now.", found, run_url, runbook)


def unknown(environment: str, problem: str, run_url: str, runbook: str) -> Message:
    """Whether anything differs could not be found out."""
    text = f"*permissions* ({environment}): drift check failed; the state of the permissions is unknown."
    return {"text": f"{text}\n{fence(problem)}\n{link(run_url, 'Run')} · {runbook_link(runbook)}"}


def _message(environment: str, what: str, found: Plan, run_url: str, runbook: str) -> Message:
    lines = found.lines()
    shown = [*lines[:LONGEST], *([f"… and {len(lines) - LONGEST} more"] if len(lines) > LONGEST else [])]
    plan = "\n".join(shown)
    return {
        "text": f"*permissions* ({environment}): {what}\n{fence(plan)}\n"
        f"{link(run_url, 'Run')} · {runbook_link(runbook)}"
    }
