"""Events about pods, as kubectl describe and KubernetesPodOperator show them."""

import uuid

from local.emulators.kubernetes.status import NODE
from local.emulators.kubernetes.store import Object, Store, now

KEPT = 2000


def record(store: Store, about: Object, reason: str, message: str, warning: bool = False, field: str = "") -> None:
    """Adds an event; the oldest beyond the newest 2000 are dropped, as a cluster drops them after an hour."""
    metadata = about["metadata"]
    identity = str(uuid.uuid4())
    name = f"{metadata['name']}.{identity[:13].replace('-', '')}"
    involved = {"kind": about["kind"], "apiVersion": about["apiVersion"], "namespace": metadata["namespace"]}
    involved |= {
        "name": metadata["name"],
        "uid": metadata["uid"],
        "resourceVersion": metadata.get("resourceVersion", ""),
    }
    if field:
        involved["fieldPath"] = field
    time = now()
    event = {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": metadata["namespace"], "uid": identity},
        "involvedObject": involved,
        "reason": reason,
        "message": message,
        "type": "Warning" if warning else "Normal",
        "source": {"component": "kubelet", "host": NODE},
        "reportingComponent": "kubelet",
        "reportingInstance": NODE,
        "firstTimestamp": time,
        "lastTimestamp": time,
        "eventTime": None,
        "count": 1,
    }
    store.create("events", event)
    for old in store.all("events")[:-KEPT]:
        store.delete("events", old["metadata"]["namespace"], old["metadata"]["name"])
