"""A local Kubernetes API on a state folder of the test's own, and a client that speaks to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from local.emulators.kubernetes.kubeconfig import kubeconfig

NAMESPACE = "assay"
TOKEN = "token-of-a-test"
WAIT_SECONDS = 60.0


@dataclass
class Cluster:
    """`python -m local.emulators.kubernetes` on a free port. Its state outlives it, so that it can be started again."""

    python: Path
    root: Path
    folder: Path
    port: int
    options: list[str] = field(default_factory=list)
    credentials: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    under: list[str] = field(default_factory=list)  # a command to start the server with

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def log(self) -> Path:
        return self.folder / "kubernetes.log"

    @property
    def kubeconfig(self) -> dict[str, Any]:
        return kubeconfig(self.url, TOKEN, NAMESPACE)

    def image(self, name: str, **description: Any) -> None:
        path = self.folder / "images" / name / "image.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(description))

    def start(self) -> Cluster:
        known = self.folder / "credentials.json"
        known.write_text(json.dumps({"kubernetes": {"token": TOKEN}, **self.credentials}))
        environment = {**os.environ, "ASSAY_CREDENTIALS": str(known), "SERVERS_OWN": "not for pods"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [self.python, "-m", "local.emulators.kubernetes", "--port", str(self.port), "--state", self.state]
        command += ["--images", self.folder / "images", "--keep", self.root, "--keep", self.folder / "images"]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*self.under, *command, *self.options], cwd=self.root, env=environment, stdout=output, stderr=output
            )
        until(lambda: self.health() is not None, "the server answers")
        return self

    def health(self) -> dict[str, Any] | None:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except OSError:
            return None

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(10)
        self.process = None
        return code

    @property
    def core(self) -> client.CoreV1Api:
        return client.CoreV1Api(self._client())

    @property
    def custom(self) -> client.CustomObjectsApi:
        return client.CustomObjectsApi(self._client())

    def _client(self) -> client.ApiClient:
        return config.new_client_from_config_dict(self.kubeconfig)

    # -- what most tests do

    def create(self, name: str, *command: str, spec: dict[str, Any] | None = None, **container: Any) -> Any:
        """A pod of one container `main`; `spec` adds to the pod's, keyword arguments to the container's."""
        return self.core.create_namespaced_pod(NAMESPACE, pod(name, *command, spec=spec, **container))

    def get(self, name: str) -> Any:
        return self.core.read_namespaced_pod(name, NAMESPACE)

    def reaches(self, name: str, *phases: str) -> Any:
        """Waits for a pod to be in one of these phases, and returns it."""
        until(lambda: self.get(name).status.phase in phases, lambda: f"{name} is {phases}: {self.get(name).status}")
        return self.get(name)

    def ended(self, name: str) -> Any:
        return self.reaches(name, "Succeeded", "Failed")

    def run(self, name: str, *command: str, **rest: Any) -> Any:
        """Creates a pod, waits for its end, and returns how its container `main` ended."""
        self.create(name, *command, **rest)
        return self.ended(name).status.container_statuses[0].state.terminated

    def waits_for(self, name: str, reason: str) -> Any:
        def reasons() -> list[str]:
            statuses = self.get(name).status.container_statuses or []
            return [status.state.waiting.reason for status in statuses if status.state.waiting]

        until(lambda: reason in reasons(), lambda: f"{name} waits for {reason}, not {reasons()}")
        return self.get(name).status.container_statuses[0].state.waiting

    def logs(self, name: str, **options: Any) -> str:
        response = self.core.read_namespaced_pod_log(name, NAMESPACE, _preload_content=False, **options)
        return str(response.read().decode())

    def events(self, name: str) -> list[tuple[str, str]]:
        found = self.core.list_namespaced_event(NAMESPACE, field_selector=f"involvedObject.name={name}")
        return [(event.reason, event.message) for event in found.items]

    def directory(self, name: str, container: str = "main") -> Path:
        return self.state / "pods" / self.get(name).metadata.uid / "containers" / container


def pod(name: str, *command: str, spec: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    main = {"name": "main", "image": "registry.example/assay/tool:1", "command": list(command), **container}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"task": name}},
        "spec": {"restartPolicy": "Never", "containers": [main], **(spec or {})},
    }


def until(holds: Callable[[], bool], what: str | Callable[[], str], seconds: float = WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what() if callable(what) else what}"
        time.sleep(0.03)


@pytest.fixture
def make_cluster(
    tmp_path: Path, root: Path, env_python: Callable[[str], Path], free_port: Callable[[], int]
) -> Iterator[Callable[..., Cluster]]:
    """Makes a cluster with further options; nothing it started survives the test."""
    made: list[Cluster] = []

    def make(*options: str, **credentials: Any) -> Cluster:
        cluster = Cluster(env_python("platform"), root, tmp_path, free_port(), list(options), credentials)
        cluster.image("assay/tool", env={"GREETING": "hello", "SCRATCH": "{tmp}/scratch"})
        made.append(cluster)
        return cluster

    yield make
    for cluster in made:
        if cluster.process is not None:
            cluster.stop(signal.SIGKILL)
        command = [cluster.python, "-m", "local.emulators.kubernetes", "--state", cluster.state, "--stop-pods"]
        subprocess.run(command, cwd=root, check=True, stderr=subprocess.DEVNULL)


@pytest.fixture
def cluster(make_cluster: Callable[..., Cluster]) -> Cluster:
    return make_cluster("--pod-env", "NODE=yes").start()
