"""Turns an exception into the text of an alert: without a traceback, with secrets masked."""

import re

LONGEST = 2400
LINES = 16
UNSAID = "It ended without saying why: its process was killed, or the machine it ran on was lost. The log may say more."
RUN_REASONS = {
    "task_failure": "A task failed without saying why: its process was killed, or the machine it ran on was lost.",
    "all_tasks_deadlocked": "No task of the run can go on: each waits for another that will never run.",
    "timed_out": "The run took longer than it may.",
}

_TRACE = re.compile(r"\n?Traceback \(most recent call last\):.*", re.DOTALL)
_SECRETS = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), "***"),
    (re.compile(r"(\w+://[^\s:/@]+):[^\s@/]+@"), r"\1:***@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w\-.~+/=]{8,}"), r"\1 ***"),
    (re.compile(r"(https?://hooks\.\S+?/services|https?://\S+?/hooks)/\S+"), r"\1/***"),
    (
        re.compile(r"(?i)(\"?\w*(?:password|passwd|passphrase|secret|token|api_?key|private_?key)\w*\"?\s*[=:]\s*)"
                   r"(\"[^\"]*\"|'[^']*'|[^\s,;)}]+)"),
        r"\1***",
    ),
)  # fmt: skip


def cleaned(text: str) -> str:
    """The text as people may read it in a chat: no stack trace, no secret that its shape gives away, not too long.

    Airflow's own masking knows the secrets that a process has read, and is applied before this.
    """
    text = _TRACE.sub("", text).strip()
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if len(lines) > LINES:
        lines = [lines[0], "…", *lines[-(LINES - 2) :]]
    short = "\n".join(lines)
    return short if len(short) <= LONGEST else short[: LONGEST - 1].rstrip() + "…"


def of_exception(error: BaseException | str | None) -> str:
    """An error of ours is a sentence already; another's needs the name of its kind to make sense."""
    if error is None:
        return UNSAID
    if isinstance(error, str):
        return cleaned(error) or UNSAID
    text = str(error).strip()
    plain = type(error).__module__.startswith(("assay", "airflow"))
    return cleaned(text if plain and text else f"{type(error).__name__}: {text}".rstrip(": "))


def of_run(reason: str | None) -> str:
    """Airflow's reason for a run's failure."""
    return RUN_REASONS.get(reason or "", cleaned(reason or "") or UNSAID)
