"""The unmodified KubernetesPodOperator, from Airflow's own environment, against the local Kubernetes API."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import NAMESPACE, Cluster, until

DEFAULTS: dict[str, Any] = {
    "namespace": NAMESPACE,
    "image": "registry.example/assay/tool:1",
    "cmds": ["sh", "-c"],
    "get_logs": True,
    "security_context": {"runAsNonRoot": True, "runAsUser": 50000},
    "on_finish_action": "delete_pod",
}
RunOperator = Callable[..., str]


@pytest.fixture
def run_operator(cluster: Cluster, env_python: Callable[[str], Path], tmp_path: Path) -> RunOperator:
    config = tmp_path / "kubeconfig"
    config.write_text(json.dumps(cluster.kubeconfig))
    cluster.image("alpine")  # what the operator's XCom sidecar runs in

    def run(*arguments: str, **options: Any) -> str:
        given = {**DEFAULTS, "arguments": list(arguments), **options}
        script = Path(__file__).with_name("run_operator.py")
        environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path / "airflow"), "PYTHONUNBUFFERED": "1"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [str(env_python("airflow")), str(script), str(config), json.dumps(given)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        return done.stdout + done.stderr

    return run


def test_a_task_runs_streams_its_log_and_deletes_its_pod(cluster: Cluster, run_operator: RunOperator) -> None:
    output = run_operator("for i in 1 2 3; do echo line $i; sleep 0.1; done")
    for number in (1, 2, 3):
        assert f"[base] line {number}" in output
    assert "RESULT null" in output
    until(lambda: not cluster.core.list_namespaced_pod(NAMESPACE).items, "the operator deleted its pod", 5)


def test_a_task_returns_what_its_pod_wrote_for_xcom(run_operator: RunOperator) -> None:
    script = "mkdir -p /airflow/xcom; echo '{\"rows\": 7}' > /airflow/xcom/return.json"
    assert 'RESULT {"rows": 7}' in run_operator(script, do_xcom_push=True)


def test_a_failed_task_carries_the_reason_and_keeps_its_pod_when_asked(
    cluster: Cluster, run_operator: RunOperator
) -> None:
    output = run_operator(
        "echo the reason; exit 3",
        on_finish_action="delete_succeeded_pod",
        termination_message_policy="FallbackToLogsOnError",
    )
    assert "FAILED" in output
    (kept,) = cluster.core.list_namespaced_pod(NAMESPACE).items
    ended = kept.status.container_statuses[0].state.terminated
    assert (ended.exit_code, ended.message) == (3, "the reason\n")
    assert kept.metadata.labels["already_checked"] == "True"


def test_a_task_whose_image_does_not_exist_fails_at_once_with_its_name(run_operator: RunOperator) -> None:
    output = run_operator("true", image="registry.example/assay/nothing:1")
    assert "FAILED" in output
    assert "assay/nothing" in output


def test_a_deferred_task_runs_to_its_end(run_operator: RunOperator) -> None:
    output = run_operator("echo begins; sleep 2; echo ends", deferrable=True, poll_interval=1)
    assert "RESULT null" in output
    assert "ends" in output


def test_a_deferred_task_that_fails_is_failed(run_operator: RunOperator) -> None:
    assert "FAILED" in run_operator("sleep 1; exit 9", deferrable=True, poll_interval=1)
