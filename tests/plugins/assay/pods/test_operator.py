"""The operator against the local Kubernetes API: real pods, real ends."""

from __future__ import annotations

import threading
from base64 import b64encode
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from assay.errors import ConfigurationError
from assay.in_log import BREAK
from assay.pods import PodOperator
from assay.settings import Settings
from assay.zones import Resources, Zone
from tests.local.emulators.kubernetes.conftest import NAMESPACE, Cluster, until
from tests.plugins.assay.marks import MARKS

SECRETS = ("warehouse-flights-transformer",)


def context(task: PodOperator, try_number: int = 1) -> Any:
    """What the operator reads of Airflow's context."""
    instance = SimpleNamespace(
        dag_id="flights", task_id=task.task_id, run_id="run 1", map_index=-1, try_number=try_number
    )
    return {"ti": instance, "run_id": "run 1", "dag": SimpleNamespace(dag_id="flights")}


def make(flights: Zone, settings: Settings, *command: str, **more: Any) -> PodOperator:
    return PodOperator(task_id="work", zone=flights, settings=settings, image="assay/loader", command=command, **more)


def shell(flights: Zone, settings: Settings, script: str, **more: Any) -> PodOperator:
    return make(flights, settings, "sh", "-c", script, **more)


def pods(cluster: Cluster) -> list[Any]:
    return list(cluster.core.list_namespaced_pod(NAMESPACE).items)


def are_gone(cluster: Cluster) -> None:
    """A pod that is deleted stays until its node has let go of it, which a start that was under way takes a moment."""
    until(lambda: not pods(cluster), lambda: f"no pod is left: {pods(cluster)}")


def test_a_pod_runs_its_log_is_followed_and_it_is_deleted(
    cluster: Cluster, flights: Zone, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    task = shell(flights, settings, "echo hello from $ASSAY_ZONE as $ASSAY_MODEL; touch /tmp/scratch", model="fct_legs")
    task.execute(context(task))
    said = capsys.readouterr().out
    assert "hello from flights as fct_legs" in said
    are_gone(cluster)


def test_every_line_of_a_pod_is_a_line_of_the_log_and_folds_none(
    cluster: Cluster, flights: Zone, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Airflow's page folds what follows an entry with `::group::`, and leaves one with `::endgroup::` out."""
    lines = [mark for mark in (*MARKS, "x ::endgroup::", "\r", "\x1b[2J") if "\0" not in mark]
    task = make(flights, settings, "sh", "-c", 'printf "%s\\n" "$@"; exit 1', "sh", *lines)
    with pytest.raises(AirflowFailException) as error:
        task.execute(context(task))
    said = capsys.readouterr().out
    for line in "\n".join(lines).split("\n"):
        assert line in said.replace(BREAK, "")
    for text in (said, str(error.value)):
        assert "::group::" not in text
        assert "::endgroup::" not in text


def test_a_failed_program_is_final_and_says_its_last_words(cluster: Cluster, flights: Zone, settings: Settings) -> None:
    task = shell(flights, settings, "echo 3 rows are null >&2; exit 1")
    with pytest.raises(AirflowFailException) as error:
        task.execute(context(task))
    first, last = str(error.value).splitlines()
    assert first.startswith("`sh -c echo 3 rows are null >&2; exit 1` ended with exit code 1 in pod work-")
    assert last == "3 rows are null"
    are_gone(cluster)


def test_a_program_that_asks_for_another_try_gets_one(cluster: Cluster, flights: Zone, settings: Settings) -> None:
    task = shell(flights, settings, "exit 75")
    with pytest.raises(AirflowException, match="exit code 75") as error:
        task.execute(context(task))
    assert not isinstance(error.value, AirflowFailException)


def test_a_killed_pod_is_tried_again(cluster: Cluster, flights: Zone, settings: Settings) -> None:
    task = shell(flights, settings, "exit 137")
    with pytest.raises(AirflowException, match="was stopped from outside by SIGKILL") as error:
        task.execute(context(task))
    assert not isinstance(error.value, AirflowFailException)


def test_a_pod_out_of_memory_is_named_so_with_its_limit(cluster: Cluster, flights: Zone, settings: Settings) -> None:
    task = make(flights, settings, "python", "-c", "b'x' * (600 << 20)", resources=Resources(cpu="1", memory="100Mi"))
    with pytest.raises(AirflowFailException, match="ran out of memory: it was killed at its limit of 100Mi"):
        task.execute(context(task))


def test_a_pod_past_its_deadline_is_ended_and_said_so(cluster: Cluster, flights: Zone, settings: Settings) -> None:
    task = shell(flights, settings, "sleep 60", deadline=timedelta(seconds=1))
    with pytest.raises(AirflowFailException, match="ran longer than its deadline of 1 s"):
        task.execute(context(task))


def test_a_pod_without_its_secret_says_which(
    cluster: Cluster, flights: Zone, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.pods.operator.GRACE_TO_START", timedelta(seconds=1))
    task = shell(flights, settings, "true", secrets=SECRETS)
    with pytest.raises(AirflowException, match='secret "warehouse-flights-transformer" not found'):
        task.execute(context(task))
    are_gone(cluster)


def test_a_retry_adopts_the_pod_that_is_still_running(
    cluster: Cluster, flights: Zone, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = shell(flights, settings, "sleep 2; echo done once")
    request = lost.build_pod_request_obj(context(lost))
    started = lost.get_or_create_pod(request, context(lost))

    retry = shell(flights, settings, "echo a second pod")
    retry.execute(context(retry, try_number=2))
    said = capsys.readouterr().out
    assert retry.pod is not None
    assert retry.pod.metadata.name == started.metadata.name
    assert "done once" in said
    assert "a second pod" not in said


def test_a_retry_does_not_adopt_a_dead_pod(
    cluster: Cluster, flights: Zone, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = shell(flights, settings, "exit 3")
    dead = lost.get_or_create_pod(lost.build_pod_request_obj(context(lost)), context(lost))
    cluster.ended(dead.metadata.name)

    retry = shell(flights, settings, "echo a second pod")
    retry.execute(context(retry, try_number=2))
    said = capsys.readouterr().out
    assert "a second pod" in said
    are_gone(cluster)


def test_a_killed_task_takes_its_pod_with_it(cluster: Cluster, flights: Zone, settings: Settings) -> None:
    task = shell(flights, settings, "sleep 60")
    raised: list[AirflowException] = []

    def execute() -> None:
        try:
            task.execute(context(task))
        except AirflowException as error:
            raised.append(error)

    thread = threading.Thread(target=execute, daemon=True)
    thread.start()
    until(lambda: any(pod.status.phase == "Running" for pod in pods(cluster)), "the pod runs")
    task.on_kill()
    thread.join(20)
    assert not thread.is_alive()
    assert raised
    are_gone(cluster)


def test_what_every_pod_is_given(flights: Zone, settings: Settings) -> None:
    task = make(flights, settings, "true", model="fct_legs", secrets=SECRETS, env={"MORE": "1"})
    spec = task.build_pod_request_obj(dry_run=True).to_dict()
    container = spec["spec"]["containers"][0]
    assert spec["metadata"]["namespace"] == "assay"
    assert {"zone": "flights", "model": "fct_legs"}.items() <= spec["metadata"]["labels"].items()
    assert spec["spec"]["restart_policy"] == "Never"
    assert spec["spec"]["active_deadline_seconds"] == 1200
    assert spec["spec"]["automount_service_account_token"] is False
    assert spec["spec"]["service_account_name"] == "pods-flights"
    assert spec["spec"]["security_context"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert container["security_context"]["readOnlyRootFilesystem"] is True
    assert container["security_context"]["capabilities"] == {"drop": ["ALL"]}
    assert container["termination_message_policy"] == "FallbackToLogsOnError"
    assert container["resources"]["limits"] == container["resources"]["requests"] == {"cpu": "1", "memory": "768Mi"}
    assert [mount["mount_path"] for mount in container["volume_mounts"]] == ["/tmp"]
    assert [source["secret_ref"]["name"] for source in container["env_from"]] == list(SECRETS)
    assert {entry["name"]: entry["value"] for entry in container["env"]}.items() >= {
        "ASSAY_ENV": "local",
        "ASSAY_ZONE": "flights",
        "ASSAY_MODEL": "fct_legs",
        "ASSAY_RUN_ID": "{{ run_id }}",
        "MORE": "1",
    }.items()


def test_a_secret_that_a_program_prints_reaches_neither_log_nor_chat(
    cluster: Cluster, flights: Zone, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    values = {"PGPASSWORD": "correct-horse-battery", "PGHOST": "db.example.com"}
    data = {name: b64encode(value.encode()).decode() for name, value in values.items()}
    cluster.core.create_namespaced_secret(NAMESPACE, {"metadata": {"name": "postgres-company"}, "data": data})
    script = (
        "echo to $PGHOST with $PGPASSWORD; printf user:$PGPASSWORD | base64; "
        "echo ::group::$PGPASSWORD; echo ::endgroup::$PGPASSWORD; echo ERROR: $PGPASSWORD; "
        "echo it is $PGPASSWORD >&2; exit 1"
    )
    task = shell(flights, settings, script, secrets=["postgres-company"])
    with pytest.raises(AirflowFailException) as error:
        task.execute(context(task))
    said = capsys.readouterr().out
    assert "to db.example.com with ***" in said
    assert str(error.value).splitlines()[-1] == "it is ***"
    for shown in (said, str(error.value)):
        assert "horse" not in shown
        assert b64encode(b"user:correct-horse-battery").decode()[8:-4] not in shown


def test_text_with_dollar_signs_is_what_the_program_gets(
    cluster: Cluster, flights: Zone, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kubernetes reads `$(NAME)` and `$$` in what it is given."""
    text = "$(ASSAY_ENV) $$ $(GIVEN) {{ conn.x }} $"
    task = make(flights, settings, "printenv", "GIVEN", env={"GIVEN": text})
    task.execute(context(task))
    assert text in capsys.readouterr().out
    task = make(flights, settings, "sh", "-c", "echo 'gets $(ASSAY_ENV) $$'; exit 1")
    with pytest.raises(AirflowFailException) as error:
        task.execute(context(task))
    assert "gets $(ASSAY_ENV) $$" in capsys.readouterr().out
    assert str(error.value).startswith("`sh -c echo 'gets $(ASSAY_ENV) $$'; exit 1` ended")


def test_an_undeclared_secret_does_not_parse(flights: Zone, settings: Settings) -> None:
    with pytest.raises(
        ConfigurationError, match='secret "warehouse-flights-tranformer" is not declared for zone flights'
    ):
        make(flights, settings, "true", secrets=["warehouse-flights-tranformer"])
