"""Watches: what changes is told to those who asked, as long as it concerns them."""

from __future__ import annotations

from typing import Any

from kubernetes import watch

from .conftest import NAMESPACE, Cluster, pod


def _watch(cluster: Cluster, version: str | None, **options: Any) -> list[tuple[str, str]]:
    """Events until a second passed without a pod `last` ending."""
    stream = watch.Watch()
    found = []
    options = {"resource_version": version, "timeout_seconds": 10, **options}
    for event in stream.stream(cluster.core.list_namespaced_pod, NAMESPACE, **options):
        found.append((event["type"], event["object"].metadata.name))
        if event["object"].metadata.name == "last" and event["object"].status.phase == "Succeeded":
            stream.stop()
    return found


def test_a_watch_without_a_version_begins_with_what_is_there(cluster: Cluster) -> None:
    cluster.run("there", "true")
    cluster.create("last", "true")
    found = _watch(cluster, None)
    assert found[0] == ("ADDED", "there")
    assert found[-1][1] == "last"


def test_a_watch_from_a_version_tells_only_what_came_after(cluster: Cluster) -> None:
    cluster.run("before", "true")
    version = cluster.core.list_namespaced_pod(NAMESPACE).metadata.resource_version
    cluster.run("last", "true")
    found = _watch(cluster, version)
    assert ("ADDED", "last") in found
    assert {name for _, name in found} == {"last"}


def test_an_object_that_no_longer_matches_leaves_the_view(cluster: Cluster) -> None:
    version = cluster.core.list_namespaced_pod(NAMESPACE).metadata.resource_version
    body = pod("moves", "sleep", "30")
    body["metadata"]["labels"]["team"] = "a"
    cluster.core.create_namespaced_pod(NAMESPACE, body)
    cluster.core.patch_namespaced_pod("moves", NAMESPACE, {"metadata": {"labels": {"team": "b"}}})
    body = pod("last", "true")
    body["metadata"]["labels"]["team"] = "a"
    cluster.core.create_namespaced_pod(NAMESPACE, body)
    found = _watch(cluster, version, label_selector="team=a")
    assert ("DELETED", "moves") in found
    assert found.index(("ADDED", "moves")) < found.index(("DELETED", "moves"))


def test_events_of_one_pod_can_be_watched(cluster: Cluster) -> None:
    cluster.run("other", "true")
    cluster.run("mine", "true")
    selector = "involvedObject.name=mine"
    stream = watch.Watch().stream(
        cluster.core.list_namespaced_event, NAMESPACE, field_selector=selector, timeout_seconds=1
    )
    assert [event["object"].reason for event in stream] == ["Scheduled", "Started"]
