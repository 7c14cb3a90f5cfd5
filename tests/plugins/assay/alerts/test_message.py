"""What a channel is told: everything a person needs, in markup that Slack and Mattermost read alike."""

from __future__ import annotations

from assay.alerts import Failure, failed, recovered, released

FAILURE = Failure(
    zone="flights",
    environment="prod",
    owner="flight-operations@example.com",
    run_id="scheduled__2026-01-02",
    what="planes breaks its contract: seats < 0 in 3 rows.\nrow 7: -1\nrow 9: -4",
    run_url="https://airflow.example.com/dags/flights/runs/scheduled__2026-01-02",
    runbook="docs/runbooks/zone.md",
    task="approve.planes",
    log_url="https://airflow.example.com/dags/flights/runs/scheduled__2026-01-02/tasks/approve.planes?try_number=1",
)


def test_a_failure_names_zone_owner_task_reason_links_and_runbook() -> None:
    (text,) = failed(FAILURE).values()
    for part in (
        "*flights* (prod): task `approve.planes` failed.",
        "```\nplanes breaks its contract: seats &lt; 0 in 3 rows.",
        "row 9: -4",
        "Owner: `flight-operations@example.com`.",
        f"<{FAILURE.log_url}|Log>",
        f"<{FAILURE.run_url}|Run and retry>",
        "Runbook: `docs/runbooks/zone.md`",
    ):
        assert part in text


def test_a_message_is_text_alone_which_every_webhook_takes() -> None:
    assert set(failed(FAILURE)) == {"text"}


def test_a_runbook_with_an_address_is_a_link() -> None:
    text = failed(Failure(**{**vars(FAILURE), "runbook": "https://wiki.example.com/x"}))["text"]
    assert "<https://wiki.example.com/x|Runbook>" in text


def test_a_failure_of_the_whole_run_has_no_log_to_link_to() -> None:
    text = failed(Failure(**{**vars(FAILURE), "task": None, "log_url": None}))["text"]
    assert "the run failed." in text
    assert "|Log>" not in text


def test_a_recovery_names_what_had_failed() -> None:
    assert (
        "recovered, `approve.planes` had failed" in recovered("flights", "prod", ["approve.planes"], "r", "u")["text"]
    )


def test_a_release_tells_each_tables_rows_and_how_they_changed() -> None:
    text = released("flights", "prod", "R1", {"A": (1200, 1000), "B": (5, None), "C": (None, 3), "D": (7, 7)}, "u")[
        "text"
    ]
    assert "`a` 1,200 rows (+200); `b` 5 rows, new; `c` is gone; `d` 7 rows, as before." in text
