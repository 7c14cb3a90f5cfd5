"""Pods as podman containers, where podman and root are there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import NAMESPACE, Cluster, until
from .test_exec import _exec

PODMAN = ["podman", "--cgroup-manager", "cgroupfs", "--events-backend", "file"]
IMAGE = "localhost/assay/box:test"

pytestmark = [
    pytest.mark.podman,
    pytest.mark.skipif(not shutil.which("podman"), reason="podman is not installed"),
    pytest.mark.skipif(not shutil.which("busybox"), reason="busybox, which the image is made of, is not installed"),
    pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="podman is tried as root only"),
]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An image of nothing but a static busybox, so that no registry is needed."""
    archive = tmp_path_factory.mktemp("image") / "box.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(str(shutil.which("busybox")), "bin/busybox")
        for name in ("sh", "echo", "sleep", "cat", "id", "env", "head", "tail", "test"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    subprocess.run([*PODMAN, "import", str(archive), IMAGE], check=True, capture_output=True)
    yield
    subprocess.run([*PODMAN, "rmi", "--force", IMAGE], check=True, capture_output=True)


@pytest.fixture
def podman_cluster(make_cluster: Callable[..., Cluster], box: None, tmp_path: Path) -> Cluster:
    (tmp_path / "bundle.crt").write_text("certificates\n")
    options = ("--backend", "podman", "--pod-env", f"SSL_CERT_FILE={tmp_path / 'bundle.crt'}")
    return make_cluster(*options).start()


def _containers(cluster: Cluster) -> list[str]:
    command = [*PODMAN, "ps", "--all", "--filter", f"label=assay.state={cluster.state}", "--format", "{{.Names}}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_a_container_runs_with_its_environment_volumes_user_and_limits(podman_cluster: Cluster) -> None:
    script = (
        "id -u; echo $OWN $(cat $SSL_CERT_FILE); echo x > /data/file && cat /data/file; echo why > /dev/termination-log"
    )
    ended = podman_cluster.run(
        "box",
        *("sh", "-c", script + "; exit 3"),
        image="registry.example/assay/box:test",
        env=[{"name": "OWN", "value": "secret-of-a-pod"}],
        spec={"volumes": [{"name": "data", "emptyDir": {}}]},
        volumeMounts=[{"name": "data", "mountPath": "/data"}],
        securityContext={"runAsUser": 50000, "readOnlyRootFilesystem": True},
    )
    assert podman_cluster.logs("box").splitlines() == ["50000", "secret-of-a-pod certificates", "x"]
    assert (ended.exit_code, ended.message) == (3, "why\n")
    assert _containers(podman_cluster) == []


def test_out_of_memory_is_seen_and_a_missing_image_waited_for(podman_cluster: Cluster) -> None:
    limits = {"limits": {"memory": "32Mi"}}
    command = ["tail", "-c", "190000000", "/dev/zero"]
    ended = podman_cluster.run("greedy", *command, image="assay/box:test", resources=limits)
    assert (ended.exit_code, ended.reason) == (137, "OOMKilled")
    podman_cluster.create("absent", "true", image="assay/nothing:test")
    assert "podman has no image" in podman_cluster.waits_for("absent", "ErrImagePull").message


def test_a_container_survives_the_server_and_can_be_entered_and_deleted(podman_cluster: Cluster) -> None:
    podman_cluster.create("long", "sh", "-c", "echo before; sleep 60; true", image="assay/box:test")
    podman_cluster.stop(signal.SIGKILL)
    podman_cluster.start()
    assert podman_cluster.get("long").status.phase == "Running"
    assert podman_cluster.logs("long") == "before\n"
    socket = _exec(podman_cluster, "long", "cat", "/proc/1/comm")
    socket.run_forever(timeout=20)
    assert socket.read_stdout() == "sh\n"
    podman_cluster.core.delete_namespaced_pod("long", NAMESPACE, grace_period_seconds=0)
    until(lambda: not podman_cluster.core.list_namespaced_pod(NAMESPACE).items, "it is gone")
    until(lambda: _containers(podman_cluster) == [], "podman's container is gone too")
