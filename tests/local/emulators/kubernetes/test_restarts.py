"""The server is killed and started again; pods neither notice nor leak."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kubernetes import watch
from kubernetes.client.exceptions import ApiException

from local.emulators.kubernetes.backend import is_supervised, read_run

from .conftest import NAMESPACE, Cluster, until


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_running_pod_survives_the_servers_death_and_is_adopted(cluster: Cluster) -> None:
    cluster.create("long", "sh", "-c", "echo before; sleep 3; echo after; exit 5")
    cluster.run("short", "echo", "kept")
    cluster.stop(signal.SIGKILL)
    cluster.start()
    assert cluster.get("long").status.phase == "Running"
    assert cluster.logs("short") == "kept\n"
    assert cluster.get("short").status.phase == "Succeeded"
    assert cluster.logs("long", follow=True) == "before\nafter\n"
    assert cluster.reaches("long", "Failed").status.container_statuses[0].state.terminated.exit_code == 5


def test_a_pod_that_ended_while_no_server_ran_is_reported_truthfully(cluster: Cluster) -> None:
    cluster.create("ends", "sh", "-c", "sleep 0.5; echo done; exit 7")
    directory = cluster.directory("ends")
    cluster.stop(signal.SIGKILL)
    until(lambda: not is_supervised(directory), "the container ended by itself")
    cluster.start()
    failed = cluster.reaches("ends", "Failed").status.container_statuses[0].state.terminated
    assert (failed.exit_code, cluster.logs("ends")) == (7, "done\n")


def test_a_pod_whose_shim_was_killed_too_is_failed_and_leaves_no_process(cluster: Cluster) -> None:
    cluster.create("lost", "sleep", "60")
    run = read_run(cluster.directory("lost"))
    assert run is not None
    cluster.stop(signal.SIGKILL)
    signal.pidfd_send_signal(_pidfd(run["shim"]), signal.SIGKILL)
    until(lambda: not _alive(run["pid"]), "the kernel ends the container with its shim")
    cluster.start()
    lost = cluster.reaches("lost", "Failed").status.container_statuses[0].state.terminated
    assert (lost.exit_code, lost.reason) == (137, "ContainerStatusUnknown")


def _pidfd(pid: int) -> int:
    return os.pidfd_open(pid)


def test_a_clean_stop_ends_running_pods_within_five_seconds_and_says_why(cluster: Cluster) -> None:
    cluster.create("runs", "sh", "-c", 'trap "" TERM; while :; do sleep 0.05; done')
    run = read_run(cluster.directory("runs"))
    assert run is not None
    before = time.monotonic()
    assert cluster.stop() == 0
    assert time.monotonic() - before < 5
    assert not _alive(run["pid"])
    cluster.start()
    status = cluster.get("runs").status
    assert (status.phase, status.reason) == ("Failed", "Terminated")
    assert status.container_statuses[0].state.terminated.exit_code == 137


def test_the_next_containers_of_a_pod_start_after_a_restart(cluster: Cluster) -> None:
    init = {"name": "first", "image": "assay/tool", "command": ["sleep", "1"]}
    cluster.create("staged", "echo", "second", spec={"initContainers": [init]})
    cluster.stop(signal.SIGKILL)
    cluster.start()
    assert cluster.ended("staged").status.phase == "Succeeded"
    assert cluster.logs("staged") == "second\n"


def test_a_deletion_goes_on_after_a_restart(cluster: Cluster) -> None:
    cluster.create("going", "sh", "-c", 'trap "" TERM; while :; do sleep 0.05; done')
    run = read_run(cluster.directory("going"))
    assert run is not None
    cluster.core.delete_namespaced_pod("going", NAMESPACE, grace_period_seconds=1)
    cluster.stop(signal.SIGKILL)
    cluster.start()
    until(lambda: not cluster.core.list_namespaced_pod(NAMESPACE).items, "it is gone")
    assert not _alive(run["pid"])


def test_a_watch_resumes_after_a_restart_with_what_it_missed(cluster: Cluster) -> None:
    cluster.run("seen", "true")
    version = cluster.core.list_namespaced_pod(NAMESPACE).metadata.resource_version
    cluster.core.delete_namespaced_pod("seen", NAMESPACE)
    until(lambda: not cluster.core.list_namespaced_pod(NAMESPACE).items, "it is gone")
    cluster.stop(signal.SIGKILL)
    cluster.start()
    cluster.run("new", "true")
    stream = watch.Watch().stream(
        cluster.core.list_namespaced_pod, NAMESPACE, resource_version=version, timeout_seconds=2
    )
    events = [(event["type"], event["object"].metadata.name) for event in stream]
    assert ("DELETED", "seen") in events
    assert events[-1] == ("MODIFIED", "new")
    assert ("ADDED", "new") in events


def test_a_version_from_before_the_history_is_gone(cluster: Cluster) -> None:
    cluster.run("some", "true")
    stream = watch.Watch().stream(cluster.core.list_namespaced_pod, NAMESPACE, resource_version="1", timeout_seconds=2)
    with pytest.raises(ApiException) as gone:
        list(stream)
    assert gone.value.status == 410


def test_what_a_killed_server_left_can_be_stopped_without_one(cluster: Cluster) -> None:
    cluster.create("left", "sleep", "60")
    run = read_run(cluster.directory("left"))
    assert run is not None
    cluster.stop(signal.SIGKILL)
    assert _alive(run["pid"])
    command = [cluster.python, "-m", "local.emulators.kubernetes", "--state", cluster.state, "--stop-pods"]
    subprocess.run(command, cwd=cluster.root, check=True)
    until(lambda: not _alive(run["pid"]), "it ended", 5)


def test_old_finished_pods_are_forgotten(make_cluster: Callable[..., Cluster]) -> None:
    cluster = make_cluster("--keep-finished", "3").start()
    for number in range(6):
        cluster.run(f"pod-{number}", "true")
    until(lambda: len(cluster.core.list_namespaced_pod(NAMESPACE).items) == 3, "three stay")
    assert [pod.metadata.name for pod in cluster.core.list_namespaced_pod(NAMESPACE).items] == [
        "pod-3", "pod-4", "pod-5",
    ]  # fmt: skip
    until(lambda: len(list((cluster.state / "pods").iterdir())) == 3, "their folders are gone too")
