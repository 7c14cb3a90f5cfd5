"""What outlived its run is ended by the next one, on the local Kubernetes API: nothing else, and nothing by force."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException

from assay.leases import patience
from assay.leases.pods import end_other_runs, names
from assay.pods import PodOperator
from assay.settings import Settings
from assay.zones import Zone
from tests.local.emulators.kubernetes.conftest import NAMESPACE, Cluster, until

RUN_IDS = ("scheduled__2026-11-28T00:41:31+00:00", "manual__2026-11-28T00:41:31.123456+00:00_Xy")
DEAF = "trap '' TERM INT; while true; do sleep 0.1; done"


def start(zone: Zone, settings: Settings, run_id: str, script: str = "sleep 600", zone_name: str = "") -> Any:
    """A pod as a task's operator starts it, whose task is killed at once."""
    task = PodOperator(task_id="work", zone=zone, settings=settings, image="assay/loader", command=["sh", "-c", script])
    if zone_name:
        task.labels = {**task.labels, "zone": zone_name}
    instance = SimpleNamespace(dag_id="flights", task_id="work", run_id=run_id, map_index=-1, try_number=1)
    context: Any = {"ti": instance, "run_id": run_id, "dag": SimpleNamespace(dag_id="flights")}
    return task.get_or_create_pod(task.build_pod_request_obj(context), context)


def left(cluster: Cluster) -> list[str]:
    return names(cluster.core.list_namespaced_pod(NAMESPACE).items)


@pytest.mark.parametrize("script", ["sleep 600", DEAF, "exit 1"], ids=["sleeps", "deaf to SIGTERM", "has ended"])
def test_a_pod_of_another_run_is_gone_before_the_run_goes_on(
    cluster: Cluster, flights: Zone, settings: Settings, script: str
) -> None:
    outlived = start(flights, settings, RUN_IDS[0], script)
    until(lambda: cluster.get(outlived.metadata.name).status.phase != "Pending", "the pod has started")
    assert end_other_runs(settings.k8s, flights.zone, RUN_IDS[1]) == []
    assert left(cluster) == []


def test_pods_of_the_run_itself_and_of_other_zones_stay(cluster: Cluster, flights: Zone, settings: Settings) -> None:
    own = start(flights, settings, RUN_IDS[1])
    others = start(flights, settings, RUN_IDS[0], zone_name="weather")
    foreign = cluster.create("foreign", "sleep", "600")
    assert end_other_runs(settings.k8s, flights.zone, RUN_IDS[1]) == []
    assert left(cluster) == names([own, others, foreign])


def test_a_pod_that_does_not_end_is_named_and_stays_in_the_cluster(
    cluster: Cluster, flights: Zone, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a node that does not answer: the pod's program may still be writing."""
    monkeypatch.setattr(patience, "PATIENCE", 0.0)
    outlived = start(flights, settings, RUN_IDS[0], DEAF)
    until(lambda: cluster.get(outlived.metadata.name).status.phase == "Running", "the pod has started")
    assert end_other_runs(settings.k8s, flights.zone, RUN_IDS[1]) == [outlived.metadata.name]
    assert cluster.get(outlived.metadata.name).metadata.deletion_timestamp
    until(lambda: end_other_runs(settings.k8s, flights.zone, RUN_IDS[1]) == [], "it has ended after its grace")


def test_a_second_try_waits_until_a_pod_that_is_being_deleted_has_ended(
    cluster: Cluster, flights: Zone, settings: Settings
) -> None:
    """Two pods of one task would build the same table at once."""
    first = start(flights, settings, RUN_IDS[0], DEAF)
    until(lambda: cluster.get(first.metadata.name).status.phase == "Running", "the pod has started")
    cluster.core.delete_namespaced_pod(first.metadata.name, NAMESPACE)
    k8s = settings.k8s.model_copy(update={"startup_timeout": timedelta(0)})
    with pytest.raises(AirflowException, match=f"{first.metadata.name} of an earlier try is being deleted"):
        start(flights, settings.model_copy(update={"k8s": k8s}), RUN_IDS[0])
    second = start(flights, settings, RUN_IDS[0])
    assert left(cluster) == [second.metadata.name]
