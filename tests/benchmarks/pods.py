"""What a pod costs before its program does anything of use: an `echo`, and dbt loading the project, warm and cold."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Any

import requests

from assay.zones import ServiceRole, ZoneNames
from local.state.endpoints import NAMESPACE, Endpoints
from tests.benchmarks.meters import Meter

PODS = 5
LONGEST_SECONDS = 60
LIST = ["dbt", "--quiet", "ls", "--select", "dim_airports"]
KINDS = {
    "echo": ["echo", "hello"],
    "dbt ls, warm (forked)": LIST,
    "dbt ls, cold (executed)": ["env", *LIST],
}
"""`env` is no program that a node keeps warm, so what it starts is executed as in any cluster."""


class PodError(Exception):
    """A pod of the benchmark did not succeed."""


@dataclass(frozen=True)
class Cost:
    """Medians of seconds: from the request to make the pod until it is seen to have succeeded."""

    wall: float
    cpu: float

    def as_json(self) -> dict[str, float]:
        return {"wall_seconds": round(self.wall, 3), "cpu_seconds": round(self.cpu, 3)}


def measure(endpoints: Endpoints, meter: Meter, zone: str) -> dict[str, Cost]:
    """By kind. The first pod of each kind is not counted: it finds the template asleep."""
    server = Server(endpoints)
    secret = ZoneNames("local", zone).warehouse_secret(ServiceRole.TRANSFORMER)
    costs = {}
    for number, (kind, command) in enumerate(KINDS.items()):
        ran = []
        for attempt in range(PODS + 1):
            pod = manifest(f"bench-{number}-{attempt}", command, zone, secret)
            before = meter.read()
            wall = server.run(pod)
            ran.append((wall, meter.since(before).services["kubernetes"]))
        costs[kind] = Cost(*(statistics.median(values) for values in zip(*ran[1:], strict=True)))
    return costs


def manifest(name: str, command: list[str], zone: str, secret: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/part-of": "assay-bench"}},
        "spec": {
            "restartPolicy": "Never",
            "containers": [
                {
                    "name": "base",
                    "image": "assay/dbt:local",
                    "command": command,
                    "env": [
                        {"name": "DBT_PARTIAL_PARSE_FILE_PATH", "value": f"target/{zone}/partial_parse.msgpack"},
                        {"name": "ASSAY_ZONE", "value": zone},
                    ],
                    "envFrom": [{"secretRef": {"name": secret}}],
                    "resources": {"limits": {"cpu": "1", "memory": "768Mi"}},
                    "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],
                }
            ],
            "volumes": [{"name": "scratch", "emptyDir": {}}],
        },
    }


class Server:
    """The few calls to the Kubernetes API that a pod's life takes."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._pods = f"{endpoints.url('kubernetes')}/api/v1/namespaces/{NAMESPACE}/pods"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {endpoints.credentials['kubernetes']['token']}"

    def run(self, pod: dict[str, Any]) -> float:
        """The seconds from asking for the pod until it is seen to have succeeded; then it is deleted."""
        url = f"{self._pods}/{pod['metadata']['name']}"
        began = time.monotonic()
        self._session.post(self._pods, json=pod, timeout=30).raise_for_status()
        while (phase := self._session.get(url, timeout=30).json()["status"].get("phase")) in ("Pending", "Running"):
            if time.monotonic() - began > LONGEST_SECONDS:
                break
            time.sleep(0.01)
        wall = time.monotonic() - began
        log = self._session.get(f"{url}/log", timeout=30).text
        self._session.delete(url, json={"gracePeriodSeconds": 0}, timeout=30).raise_for_status()
        if phase != "Succeeded":
            raise PodError(f"{pod['spec']['containers'][0]['command']}: the pod is {phase} after {wall:.0f} s: {log}")
        return wall
