"""Pods on a real server, through the unmodified Kubernetes client."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from .conftest import NAMESPACE, Cluster, pod, until


def test_a_pod_runs_and_its_log_is_what_it_printed(cluster: Cluster) -> None:
    ended = cluster.run("hello", "sh", "-c", "echo one; echo two >&2; printf three")
    assert (ended.exit_code, ended.reason) == (0, "Completed")
    assert cluster.get("hello").status.phase == "Succeeded"
    assert cluster.logs("hello") == "one\ntwo\nthree\n"


def test_a_pod_starts_in_less_than_a_tenth_of_a_second(cluster: Cluster) -> None:
    cluster.run("first", "true")
    took = []
    for number in range(5):
        before = time.monotonic()
        cluster.create(f"quick-{number}", "sleep", "5")
        assert cluster.get(f"quick-{number}").status.phase == "Running"
        took.append(time.monotonic() - before)
    assert min(took) < 0.1, took


def test_a_failing_pod_says_its_last_words_when_asked_to(cluster: Cluster) -> None:
    script = "for i in $(seq 200); do echo line $i; done; echo the reason; exit 3"
    ended = cluster.run("talks", "sh", "-c", script, terminationMessagePolicy="FallbackToLogsOnError")
    assert (ended.exit_code, ended.reason) == (3, "Error")
    assert ended.message.endswith("line 200\nthe reason\n")
    assert len(ended.message.encode()) <= 2048
    assert len(ended.message.splitlines()) <= 80
    assert cluster.run("silent", "sh", "-c", script).message is None
    assert cluster.get("silent").status.phase == "Failed"


def test_a_termination_message_file_goes_before_the_log(cluster: Cluster) -> None:
    script = "echo from the log; echo from the file > /dev/termination-log; exit 1"
    ended = cluster.run("file", "sh", "-c", script, terminationMessagePolicy="FallbackToLogsOnError")
    assert ended.message == "from the file\n"
    script = "echo elsewhere > /var/tmp/reason/why"
    spec = {"volumes": [{"name": "reason", "emptyDir": {}}]}
    mounts = [{"name": "reason", "mountPath": "/var/tmp/reason"}]
    path = "/var/tmp/reason/why"
    ended = cluster.run(
        "elsewhere", "sh", "-c", script, spec=spec, volumeMounts=mounts, terminationMessagePath=path
    )  # fmt: skip
    assert ended.message == "elsewhere\n"


def test_a_signal_is_an_exit_code_above_128(cluster: Cluster) -> None:
    assert cluster.run("killed", "sh", "-c", "sh -c 'kill -9 $$$$'; exit $?").exit_code == 137


def test_a_program_that_is_not_there_is_a_start_error(cluster: Cluster) -> None:
    ended = cluster.run("absent", "no-such-program")
    assert (ended.exit_code, ended.reason) == (128, "StartError")
    assert '"no-such-program": executable file not found in $PATH' in ended.message


def test_more_memory_than_the_limit_is_oom_killed(cluster: Cluster) -> None:
    script = "head -c 300m /dev/zero | tail -c 290m | wc -c; exit ${PIPESTATUS[1]}"
    ended = cluster.run("greedy", "bash", "-c", script, resources={"limits": {"memory": "64Mi"}})
    assert (ended.exit_code, ended.reason) == (137, "OOMKilled")
    assert any("memory limit" in message for _, message in cluster.events("greedy"))
    assert cluster.run("modest", "true", resources={"limits": {"memory": "64Mi"}}).exit_code == 0


def test_a_pod_past_its_deadline_fails_with_deadline_exceeded(cluster: Cluster) -> None:
    spec = {"activeDeadlineSeconds": 1, "terminationGracePeriodSeconds": 0}
    cluster.create("slow", "sleep", "60", spec=spec)
    failed = cluster.reaches("slow", "Failed")
    assert failed.status.reason == "DeadlineExceeded"
    until(lambda: cluster.get("slow").status.container_statuses[0].state.terminated is not None, "the process ended")


def test_init_containers_run_in_order_and_a_failing_one_fails_the_pod(cluster: Cluster) -> None:
    def init(name: str, script: str) -> dict[str, Any]:
        mounts = [{"name": "shared", "mountPath": "/shared"}]
        command = ["sh", "-c", script]
        return {"name": name, "image": "assay/tool", "command": command, "volumeMounts": mounts}

    inits = [init("first", "echo 1 >> /shared/order"), init("second", "echo 2 >> /shared/order")]
    spec: dict[str, Any] = {"volumes": [{"name": "shared", "emptyDir": {}}], "initContainers": inits}
    mounts = [{"name": "shared", "mountPath": "/shared"}]
    ended = cluster.run("ordered", "cat", "/shared/order", spec=spec, volumeMounts=mounts)
    assert (ended.exit_code, cluster.logs("ordered")) == (0, "1\n2\n")
    spec["initContainers"] = [init("broken", "exit 4")]
    cluster.create("blocked", "echo", "never", spec=spec, volumeMounts=mounts)
    blocked = cluster.reaches("blocked", "Failed")
    assert blocked.status.init_container_statuses[0].state.terminated.exit_code == 4
    assert blocked.status.container_statuses[0].state.waiting is not None


def test_containers_of_a_pod_share_volumes_and_not_processes(cluster: Cluster) -> None:
    mounts = [{"name": "shared", "mountPath": "/airflow/xcom"}]
    wait = "until [ -s /airflow/xcom/word ]; do sleep 0.05; done; cat /airflow/xcom/word; ls /proc | grep -c '^[0-9]'"
    reader = {"name": "reader", "image": "assay/tool", "command": ["sh", "-c", wait], "volumeMounts": mounts}
    body = pod("pair", "sh", "-c", "echo word > /airflow/xcom/word; sleep 2", volumeMounts=mounts)
    body["spec"]["containers"].append(reader)
    body["spec"]["volumes"] = [{"name": "shared", "emptyDir": {"medium": "Memory"}}]
    cluster.core.create_namespaced_pod(NAMESPACE, body)
    cluster.ended("pair")
    word, processes = cluster.logs("pair", container="reader").split()
    assert word == "word"
    assert int(processes) < 5
    with pytest.raises(ApiException) as refused:
        cluster.logs("pair")
    assert "a container name must be specified" in refused.value.body
    assert not Path("/airflow").exists()


def test_logs_can_be_followed_cut_and_dated(cluster: Cluster) -> None:
    cluster.create("counts", "sh", "-c", "for i in 1 2 3 4; do echo $i; sleep 0.2; done")
    followed = cluster.logs("counts", follow=True)
    assert followed == "1\n2\n3\n4\n"
    assert cluster.get("counts").status.container_statuses[0].state.terminated.exit_code == 0
    assert cluster.logs("counts", tail_lines=2) == "3\n4\n"
    assert cluster.logs("counts", tail_lines=0) == ""
    assert cluster.logs("counts", limit_bytes=3) == "1\n2"
    assert cluster.logs("counts", since_seconds=3600) == "1\n2\n3\n4\n"
    dated = cluster.logs("counts", timestamps=True).splitlines()
    times, numbers = zip(*(line.split(" ") for line in dated), strict=True)
    assert numbers == ("1", "2", "3", "4")
    assert list(times) == sorted(times)
    assert times[0].endswith("Z")
    assert len(times[0]) == 30


def test_logs_can_be_followed_through_bytes_that_are_not_text(cluster: Cluster) -> None:
    assert cluster.run("bytes", "printf", r"\377\000a\rb\n").exit_code == 0
    response = cluster.core.read_namespaced_pod_log("bytes", NAMESPACE, _preload_content=False)
    assert response.read() == b"\xff\x00a\rb\n"


def test_deleting_gives_a_pod_its_grace_and_then_ends_it(cluster: Cluster) -> None:
    trap = 'trap "echo asked; exit 0" TERM; echo ready; while :; do sleep 0.05; done'
    cluster.create("polite", "sh", "-c", trap)
    until(lambda: "ready" in cluster.logs("polite"), "the trap is set")
    log = cluster.directory("polite") / "log"
    stubborn = cluster.create("stubborn", "sh", "-c", 'trap "" TERM; while :; do sleep 0.05; done')
    cluster.core.delete_namespaced_pod("polite", NAMESPACE, grace_period_seconds=10)
    deleted = cluster.core.delete_namespaced_pod("stubborn", NAMESPACE, grace_period_seconds=1)
    assert deleted.metadata.deletion_timestamp is not None
    assert stubborn.metadata.uid == deleted.metadata.uid
    until(lambda: not cluster.core.list_namespaced_pod(NAMESPACE).items, "both are gone", 5)
    assert not log.exists()
    assert ("Killing", "Stopping pod") in cluster.events("polite")


def test_a_second_delete_without_grace_hurries(cluster: Cluster) -> None:
    cluster.create("waits", "sleep", "60")
    cluster.core.delete_namespaced_pod("waits", NAMESPACE)
    assert cluster.get("waits").metadata.deletion_grace_period_seconds == 30
    cluster.core.delete_namespaced_pod("waits", NAMESPACE, grace_period_seconds=0)
    until(lambda: not cluster.core.list_namespaced_pod(NAMESPACE).items, "it is gone", 5)


def test_finished_pods_stay_until_they_are_deleted(cluster: Cluster) -> None:
    cluster.run("done", "true")
    assert cluster.get("done").status.phase == "Succeeded"
    cluster.core.delete_namespaced_pod("done", NAMESPACE)
    until(lambda: not cluster.core.list_namespaced_pod(NAMESPACE).items, "it is gone", 5)
    with pytest.raises(ApiException, match="404"):
        cluster.get("done")


def test_an_image_that_does_not_exist_is_waited_for(cluster: Cluster) -> None:
    cluster.create("unknown", "true", image="registry.example/assay/nothing:1")
    waiting = cluster.waits_for("unknown", "ErrImagePull")
    assert "assay/nothing/image.json does not exist" in waiting.message
    cluster.create("never", "true", image="assay/nothing", imagePullPolicy="Never")
    cluster.waits_for("never", "ErrImageNeverPull")
    cluster.image("assay/nothing")
    assert cluster.ended("unknown").status.phase == "Succeeded"


def test_every_call_but_health_needs_the_token(cluster: Cluster) -> None:
    assert cluster.health() is not None
    for path in ("/version", "/api/v1/pods", f"/api/v1/namespaces/{NAMESPACE}/secrets", "/nothing"):
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            request = urllib.request.Request(cluster.url + path, headers=headers)
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request)
            assert refused.value.code == 401, path


def test_a_namespace_that_does_not_exist_is_said_so(cluster: Cluster) -> None:
    assert [found.metadata.name for found in cluster.core.list_namespace().items] == [NAMESPACE]
    with pytest.raises(ApiException) as refused:
        cluster.core.create_namespaced_pod("other", pod("lost", "true"))
    assert refused.value.status == 404
    assert 'namespaces \\"other\\" not found' in refused.value.body


def test_labels_and_annotations_can_be_patched_and_nothing_else(cluster: Cluster) -> None:
    cluster.create("patched", "sleep", "30")
    patch = {"metadata": {"labels": {"already_checked": "True", "task": None}}}
    assert cluster.core.patch_namespaced_pod("patched", NAMESPACE, patch).metadata.labels == {"already_checked": "True"}
    with pytest.raises(ApiException) as refused:
        cluster.core.patch_namespaced_pod("patched", NAMESPACE, {"spec": {"activeDeadlineSeconds": 5}})
    assert refused.value.status == 422
    assert "labels and annotations only" in refused.value.body


def test_pods_are_listed_by_labels_and_fields(cluster: Cluster) -> None:
    cluster.run("one", "true")
    cluster.create("two", "sleep", "30")

    def names(**selectors: str) -> list[str]:
        return [found.metadata.name for found in cluster.core.list_namespaced_pod(NAMESPACE, **selectors).items]

    assert names(label_selector="task=one") == ["one"]
    assert names(label_selector="task in (one, two),task!=one") == ["two"]
    assert names(field_selector="status.phase=Running") == ["two"]
    assert names(field_selector="metadata.name!=two") == ["one"]
    with pytest.raises(ApiException, match="400"):
        names(label_selector="task=>one")


def test_generate_name_makes_a_name(cluster: Cluster) -> None:
    body = pod("", "true")
    body["metadata"] = {"generateName": "some-task-"}
    made = cluster.core.create_namespaced_pod(NAMESPACE, body)
    assert made.metadata.name.startswith("some-task-")
    assert len(made.metadata.name) == len("some-task-") + 5
    with pytest.raises(ApiException, match="409"):
        cluster.create(made.metadata.name, "true")
