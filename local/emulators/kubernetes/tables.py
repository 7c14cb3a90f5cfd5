"""Tables for kubectl, which shows what the server puts into columns."""

import datetime
from collections.abc import Callable
from typing import Any

from local.emulators.kubernetes.store import Object

Columns = list[tuple[str, Callable[[Object], str]]]


def _age(object: Object, field: str = "creationTimestamp") -> str:
    text = object["metadata"].get(field)
    if not text:
        return "<unknown>"
    seconds = int((datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(text)).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _name(object: Object) -> str:
    name: str = object["metadata"]["name"]
    return name


def _containers(pod: Object) -> list[Any]:
    return list(pod.get("status", {}).get("containerStatuses") or [])


def pod_status(pod: Object) -> str:
    """The word kubectl shows: a container's reason where one says more than the phase."""
    status = pod.get("status", {})
    if "deletionTimestamp" in pod["metadata"]:
        return "Terminating"
    if status.get("reason"):
        return str(status["reason"])
    for container in status.get("initContainerStatuses") or []:
        ended = container["state"].get("terminated")
        if ended and ended["exitCode"]:
            return f"Init:{ended['reason']}"
    for container in _containers(pod):
        for kind in ("waiting", "terminated"):
            if reason := container["state"].get(kind, {}).get("reason"):
                return str(reason)
    return str(status.get("phase", "Pending"))


def _ready(pod: Object) -> str:
    return f"{sum(container['ready'] for container in _containers(pod))}/{len(pod['spec']['containers'])}"


def _condition(object: Object, key: str) -> str:
    return str((object.get("status", {}).get("conditions") or [{}])[0].get(key, ""))


TABLES: dict[str, Columns] = {
    "pods": [
        ("Name", _name),
        ("Ready", _ready),
        ("Status", pod_status),
        ("Restarts", lambda pod: "0"),
        ("Age", _age),
    ],
    "events": [
        ("Last Seen", _age),
        ("Type", lambda event: str(event["type"])),
        ("Reason", lambda event: str(event["reason"])),
        ("Object", lambda event: f"{event['involvedObject']['kind'].lower()}/{event['involvedObject']['name']}"),
        ("Message", lambda event: str(event["message"])),
    ],
    "secrets": [
        ("Name", _name),
        ("Type", lambda secret: str(secret.get("type", "Opaque"))),
        ("Keys", lambda secret: str((secret["metadata"].get("annotations") or {}).get("assay.local/keys", ""))),
        ("Age", _age),
    ],
    "externalsecrets": [
        ("Name", _name),
        ("Status", lambda external: _condition(external, "reason")),
        ("Ready", lambda external: _condition(external, "status")),
        ("Age", _age),
    ],
}


def table(resource: str, objects: list[Object], version: str) -> dict[str, Any]:
    """The objects as a meta.k8s.io Table."""
    columns = TABLES[resource]
    definition = {"type": "string", "format": "", "description": "", "priority": 0}
    rows = [
        {
            "cells": [cell(object) for _, cell in columns],
            "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]},
        }
        for object in objects
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version},
        "columnDefinitions": [{"name": name, **definition} for name, _ in columns],
        "rows": rows,
    }
