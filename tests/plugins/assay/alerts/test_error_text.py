"""What went wrong, in words a person may read."""

from __future__ import annotations

import pytest

from assay.alerts.error_text import LONGEST, UNSAID, cleaned, of_exception, of_run
from assay.errors import ConfigurationError


def test_our_own_errors_are_sentences_already() -> None:
    assert of_exception(ConfigurationError("planes breaks its contract.")) == "planes breaks its contract."


def test_other_errors_are_named_by_their_kind() -> None:
    assert of_exception(KeyError("seats")) == "KeyError: 'seats'"
    assert of_exception(TimeoutError()) == "TimeoutError"


def test_a_stack_trace_is_left_out() -> None:
    assert (
        cleaned('Pod x failed.\nTraceback (most recent call last):\n  File "a.py", line 1\nKeyError') == "Pod x failed."
    )


def test_a_long_text_keeps_its_first_line_and_its_end() -> None:
    short = cleaned("Pod x failed.\n" + "\n".join(f"line {number}" for number in range(200)))
    assert short.startswith("Pod x failed.\n…\n")
    assert short.endswith("line 199")
    assert len(cleaned("x" * 5000)) <= LONGEST


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://company:hunter2@127.0.0.1/company does not answer",  # no secret: made up
        "login failed: password=hunter2, user=x",
        'body was {"client_secret": "hunter2"}',
        "Authorization: Bearer hunter2hunter2",
        "AWS_SECRET_ACCESS_KEY=hunter2",
        "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
        "cut off: -----BEGIN RSA PRIVATE KEY-----\nhunter2",
        "POST https://hooks.slack.com/services/T0/B0/hunter2 failed",  # no secret: made up
        "POST http://127.0.0.1:1/hooks/hunter2 failed",
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str) -> None:
    assert "hunter2" not in cleaned(text)
    assert "***" in cleaned(text)


def test_a_task_that_was_killed_says_so() -> None:
    assert of_exception(None) == UNSAID


def test_airflows_reasons_for_a_runs_failure_become_sentences() -> None:
    assert "killed" in of_run("task_failure")
    assert "waits for another" in of_run("all_tasks_deadlocked")
    assert of_run(None) == UNSAID
