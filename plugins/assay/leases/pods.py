"""Pods of other runs: what outlived its task, because the worker was killed, must not write while another run does."""

import logging
from collections.abc import Iterable
from typing import Any

from assay.import_speed import uncollected
from assay.leases.patience import looks
from assay.settings_files import KubernetesFile

with uncollected():  # two Kubernetes clients with all their models
    from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook
    from airflow.providers.cncf.kubernetes.pod_generator import make_safe_label_value
    from kubernetes.client import ApiException

NOT_FOUND = 404

log = logging.getLogger(__name__)


def end_other_runs(k8s: KubernetesFile, zone: str, run_id: str) -> list[str]:
    """Delete the zone's pods of other runs, and return the names of those that are not gone after a while.

    A pod is gone when its node says that its programs have ended. It is never deleted by force, which would forget a
    program that still runs on a node that does not answer. Raises Kubernetes' ApiException when it cannot be asked.
    """
    core = KubernetesHook(conn_id=k8s.kubernetes_conn_id).core_v1_client
    selector = f"zone={zone},kubernetes_pod_operator=True,run_id!={make_safe_label_value(run_id)}"

    def found() -> list[Any]:
        return list(core.list_namespaced_pod(k8s.namespace, label_selector=selector).items)

    pods = found()
    for pod in pods:
        log.info("Pod %s of %s has outlived its run: it is deleted.", pod.metadata.name, pod.metadata.labels["run_id"])
        _delete(core, pod.metadata)
    for _ in looks():
        if not pods:
            break
        pods = found()
    return names(pods)


def names(pods: Iterable[Any]) -> list[str]:
    """The pods' names, in order."""
    return sorted(str(pod.metadata.name) for pod in pods)


def _delete(core: Any, metadata: Any) -> None:
    try:
        core.delete_namespaced_pod(metadata.name, metadata.namespace)
    except ApiException as error:
        if error.status != NOT_FOUND:  # it has ended meanwhile
            raise
