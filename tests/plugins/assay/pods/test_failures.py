"""Why a pod failed, from pods' JSON as Kubernetes writes it."""

from __future__ import annotations

from typing import Any

import pytest

from assay.pods.failures import TRY_AGAIN, failure, last_lines, start_trouble

DBT_TEST_FAILED = """\
06:18:34  Running with dbt=1.12.6
06:18:36  1 of 1 FAIL 3 not_null_fct_legs_leg_id ......... [FAIL 3 in 0.31s]
06:18:36  Completed with 1 error, 0 partial successes, and 0 warnings:
06:18:36
06:18:36  \x1b[31mFailure in test not_null_fct_legs_leg_id (models/flights/silver/fct_legs.yml)\x1b[0m
06:18:36    Got 3 results, configured to fail if != 0
06:18:36
06:18:36  Done. PASS=0 WARN=0 ERROR=1 SKIP=0 TOTAL=1
"""


def pod(status: dict[str, Any], **spec: Any) -> dict[str, Any]:
    container = {
        "name": "base",
        "image": "registry.example.com/assay/dbt:1.0",
        "command": ["dbt", "test", "--select", "fct_legs"],
        "resources": {"limits": {"memory": "768Mi", "cpu": "1"}},
    }
    return {"metadata": {"name": "fct-legs-x1"}, "spec": {"containers": [container], **spec}, "status": status}


def ended(code: int, reason: str = "Error", message: str = "") -> dict[str, Any]:
    state = {"terminated": {"exitCode": code, "reason": reason, "message": message}}
    return {"phase": "Failed", "containerStatuses": [{"name": "base", "state": state}]}


def waiting(reason: str, message: str) -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": message}}
    return {"phase": "Pending", "containerStatuses": [{"name": "base", "state": state}]}


@pytest.mark.parametrize(
    ("found", "sentence", "again"),
    [
        (
            pod(ended(1, message=DBT_TEST_FAILED)),
            "`dbt test --select fct_legs` ended with exit code 1 in pod fct-legs-x1.\nRunning with dbt=1.12.6\n1 of 1",
            False,
        ),
        (pod(ended(1)), "`dbt test --select fct_legs` ended with exit code 1 in pod fct-legs-x1.", False),
        (pod(ended(TRY_AGAIN)), "ended with exit code 75 in pod fct-legs-x1.", True),
        (
            pod(ended(1, message="250001 (08001): Failed to connect to DB: 127.0.0.1:21000. Connection refused")),
            "Failed to connect to DB",
            True,
        ),
        (
            pod(
                ended(2, message="390111 (08001): Session no longer exists.  New login required to access the service.")
            ),
            "Session no longer exists",
            True,
        ),
        (
            pod(ended(137, "OOMKilled")),
            "Pod fct-legs-x1 ran out of memory: it was killed at its limit of 768Mi. Give it more.",
            False,
        ),
        (pod(ended(137)), "Pod fct-legs-x1 was stopped from outside by SIGKILL, while it ran `dbt test", True),
        (pod(ended(143)), "Pod fct-legs-x1 was stopped from outside by SIGTERM", True),
        (
            pod(ended(128, "StartError", 'exec: "dbtt": executable file not found in $PATH')),
            'Pod fct-legs-x1 cannot start its program (StartError).\nexec: "dbtt": executable file not found in $PATH',
            False,
        ),
        (
            pod({**ended(137), "reason": "DeadlineExceeded"}, activeDeadlineSeconds=1200),
            "Pod fct-legs-x1 was ended because it ran longer than its deadline of 1200 s.",
            False,
        ),
        (
            pod({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}),
            "Pod fct-legs-x1 was taken off its node: Evicted: The node was low on resource: memory.",
            True,
        ),
        (
            pod(
                {
                    **ended(143),
                    "conditions": [
                        {
                            "type": "DisruptionTarget",
                            "status": "True",
                            "reason": "PreemptionByScheduler",
                            "message": "x",
                        }
                    ],
                }
            ),
            "Pod fct-legs-x1 was taken off its node: PreemptionByScheduler: x",
            True,
        ),
        (pod({"phase": "Failed"}), "Pod fct-legs-x1 failed and its container says nothing: its phase is Failed.", True),
    ],
)
def test_a_failed_pod_is_a_sentence_and_a_decision(found: dict[str, Any], sentence: str, again: bool) -> None:
    trouble = failure(found, "base")
    assert trouble is not None
    assert sentence in trouble.sentence
    assert trouble.again is again


@pytest.mark.parametrize(
    ("status", "sentence", "again"),
    [
        (
            waiting("ImagePullBackOff", "manifest unknown"),
            "Pod fct-legs-x1 cannot pull image registry.example.com/assay/dbt:1.0 (ImagePullBackOff): manifest unknown",
            True,
        ),
        (
            waiting("CreateContainerConfigError", 'secret "warehouse-flights-transformer" not found'),
            "Pod fct-legs-x1 references a Secret or ConfigMap that is missing (CreateContainerConfigError): secret "
            '"warehouse-flights-transformer" not found. A pod\'s secret has its value in AWS Secrets Manager, under '
            "assay/pods/<name>; see docs/secrets.md.",
            True,
        ),
        (
            {
                "phase": "Pending",
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "message": "0/3 nodes: Insufficient memory."}
                ],
            },
            "Pod fct-legs-x1 found no node: 0/3 nodes: Insufficient memory.",
            True,
        ),
    ],
)
def test_a_pod_that_cannot_start_says_why(status: dict[str, Any], sentence: str, again: bool) -> None:
    trouble = start_trouble(pod(status), "base")
    assert trouble is not None
    assert trouble.sentence == sentence
    assert trouble.again is again


def test_a_pod_that_succeeded_has_no_failure() -> None:
    assert failure(pod({"phase": "Succeeded"}), "base") is None


def test_a_pod_that_is_being_created_is_no_trouble() -> None:
    assert start_trouble(pod(waiting("ContainerCreating", "")), "base") is None


def test_what_a_program_said_last_is_shown_without_clocks_and_colours() -> None:
    said = last_lines(DBT_TEST_FAILED)
    assert "Failure in test not_null_fct_legs_leg_id (models/flights/silver/fct_legs.yml)\n  Got 3 results" in said
    assert "\x1b" not in said
    assert "06:18" not in said


def test_a_long_message_is_cut_to_its_end() -> None:
    assert last_lines("\n".join(f"line {number}" for number in range(1000))).splitlines()[-1] == "line 999"
    assert len(last_lines("x" * 5000)) <= 1500


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("250001 (08001): None: Failed to connect to DB: x:443. JWT token is invalid. [0a1b]", "revoked or replaced"),
        ("250001 (08001): Failed to connect to DB. Incorrect username or password was specified.", "password"),
        ("250001 (08001): Failed to connect to DB. User access disabled. Contact your administrator.", "disabled"),
        ("An error occurred (InvalidAccessKeyId) when calling the PutObject operation: unknown", "AWS access key"),
        ('connection failed: FATAL:  password authentication failed for user "company"', "password"),
    ],
)
def test_a_refused_login_is_called_so_with_its_secret_and_the_way_out(said: str, reason: str) -> None:
    found = pod({"phase": "Failed", **ended(1, message=said)})
    found["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": "warehouse-weather-transformer"}}]
    trouble = failure(found, "base")
    assert trouble is not None
    first = trouble.sentence.splitlines()[0]
    assert first.startswith("The login in assay/pods/warehouse-weather-transformer was refused: ")
    assert reason in first
    assert "`./assay secret rotate assay/pods/warehouse-weather-transformer`" in first
    assert trouble.again  # the retry's pod reads the present value


def test_a_failed_test_is_no_refused_login() -> None:
    found = failure(pod({"phase": "Failed", **ended(1, message=DBT_TEST_FAILED)}), "base")
    assert found is not None
    assert "refused" not in found.sentence
