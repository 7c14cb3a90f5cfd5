"""Chat messages about permissions, for the platform's channel. Pure."""

from assay.alerts.markup import fence, link
from assay.alerts.message import Message
from assay.alerts.message import runbook as runbook_link

LONGEST = 20
"""Differences in one chat message."""
MOST = 10
"""Messages of one look; what is left over is posted by the next look."""


def drifted(environment: str, file: str, lines: list[str], note: str, run_url: str, runbook: str) -> Message:
    """Some of what differs, a line each. `note` says what else a reader should know."""
    text = "\n".join(lines)
    return {
        "text": f"*permissions* ({environment}): the warehouse is not as {file} and Terraform say.\n{fence(text)}\n"
        f"{note}{link(run_url, 'Run')} · {runbook_link(runbook)}"
    }


def unknown(environment: str, problem: str, run_url: str, runbook: str) -> Message:
    """Whether anything differs could not be found out."""
    text = f"*permissions* ({environment}): drift check failed; the state of the permissions is unknown."
    return {"text": f"{text}\n{fence(problem)}\n{link(run_url, 'Run')} · {runbook_link(runbook)}"}
