"""What a pod sees of the machine, of the server and of other pods."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Cluster

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")


@pytest.fixture(autouse=True)
def _namespaces(cluster: Cluster) -> None:
    health = cluster.health()
    assert health is not None
    if health["isolation"] != "namespaces":
        pytest.skip(f"namespaces cannot be used here; pods run as {health['isolation']}")


def test_the_environment_is_the_images_the_nodes_and_the_specs_and_nothing_else(cluster: Cluster) -> None:
    env = [{"name": "OWN", "value": "mine"}, {"name": "GREETS", "value": "$(GREETING) $(OWN) $$(OWN) $(NONE)"}]
    env += [{"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    env += [{"name": "TASK", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['task']"}}}]
    cluster.image("assay/tool", env={"GREETING": "hello", "SCRATCH": "{tmp}/scratch"}, path=["/opt/tool/bin"])
    cluster.run("env", "env", env=env)
    seen = dict(line.split("=", 1) for line in cluster.logs("env").splitlines())
    assert seen.pop("PATH").split(":")[0] == "/opt/tool/bin"
    assert seen == {
        "GREETING": "hello",
        "GREETS": "$(GREETING) mine $(OWN) $(NONE)",
        "HOME": "/tmp",
        "HOSTNAME": "env",
        "NODE": "yes",
        "OWN": "mine",
        "POD": "env",
        "SCRATCH": "/tmp/scratch",
        "TASK": "env",
    }


def test_a_pod_sees_its_own_processes_only(cluster: Cluster) -> None:
    cluster.create("other", "sleep", "1234")
    cluster.run("looks", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; echo; cat /proc/1/comm")
    log = cluster.logs("looks")
    assert "1234" not in log
    assert log.splitlines()[-1] == "sh"


def test_a_pod_cannot_read_the_servers_state_nor_the_credentials(
    make_cluster: Callable[..., Cluster], tmp_path: Path
) -> None:
    cluster = make_cluster("--keep", str(tmp_path)).start()
    cluster.run("first", "echo", "secret words")
    state, known = cluster.state, cluster.folder / "credentials.json"
    cluster.run("reads", "sh", "-c", f"ls -A {state}; cat {known}; cat {state}/objects.sqlite; true")
    assert known.read_text()
    assert cluster.logs("reads").splitlines() == [f"cat: {state}/objects.sqlite: No such file or directory"]


def test_a_pod_has_no_capabilities_and_cannot_take_away_what_hides_a_path(cluster: Cluster) -> None:
    for user in (0, 50000):
        name = f"user-{user}"
        script = f"id -u; grep CapEff /proc/self/status; umount {cluster.state} || umount /proc || echo stays"
        cluster.run(name, "sh", "-c", script, securityContext={"runAsUser": user})
        log = cluster.logs(name).splitlines()
        assert log[0] == str(user)
        assert log[1].split() == ["CapEff:", "0000000000000000"]
        assert log[-1] == "stays"


def test_a_pod_writes_to_its_volumes_and_its_own_tmp_only(cluster: Cluster, root: Path) -> None:
    spec = {"volumes": [{"name": "data", "emptyDir": {}}]}
    mounts = [{"name": "data", "mountPath": "/opt/some/deep/place"}]
    places = f"/tmp /var/tmp /dev/shm /opt/some/deep/place {root} /etc / /opt"
    script = f"for p in {places}; do touch $p/assay-was-here 2>/dev/null && echo $p; done"
    cluster.run("writes", "sh", "-c", script, spec=spec, volumeMounts=mounts)
    assert cluster.logs("writes").split() == ["/tmp", "/var/tmp", "/dev/shm", "/opt/some/deep/place"]
    assert not Path("/tmp/assay-was-here").exists()
    assert not Path("/opt/some").exists()
    cluster.run("after", "sh", "-c", "ls /tmp/assay-was-here")
    assert "No such file" in cluster.logs("after")


def test_a_volume_may_be_read_only_or_a_part_of_one(cluster: Cluster) -> None:
    init = {"name": "fills", "image": "assay/tool", "command": ["sh", "-c", "mkdir /v/part; echo x > /v/part/file"]}
    spec = {
        "volumes": [{"name": "v", "emptyDir": {}}],
        "initContainers": [{**init, "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
    }
    mounts = [{"name": "v", "mountPath": "/data", "subPath": "part", "readOnly": True}]
    ended = cluster.run("reads", "sh", "-c", "cat /data/file; echo y > /data/file", spec=spec, volumeMounts=mounts)
    assert ended.exit_code != 0
    assert cluster.logs("reads").splitlines()[0] == "x"
    assert "Read-only file system" in cluster.logs("reads")


def test_what_a_volume_at_tmp_would_cover_is_kept_when_asked(cluster: Cluster) -> None:
    kept = cluster.folder / "images" / "assay" / "tool" / "image.json"
    assert str(kept).startswith("/tmp/"), "this test is about a checkout below /tmp"
    spec = {"volumes": [{"name": "tmp", "emptyDir": {}}]}
    mounts = [{"name": "tmp", "mountPath": "/tmp"}]
    cluster.run("kept", "sh", "-c", f"cat {kept}; ls {cluster.folder}; echo z > {kept}", spec=spec, volumeMounts=mounts)
    log = cluster.logs("kept")
    assert '"GREETING"' in log
    assert "credentials.json" not in log
    assert "Read-only file system" in log


def test_nothing_of_a_container_stays_behind_when_its_program_ends(cluster: Cluster) -> None:
    cluster.run("leaves", "sh", "-c", "setsid sleep 4321 & sleep 0.2")
    assert not _running("sleep\x004321\x00")


def test_the_server_says_how_it_isolates_pods(make_cluster: Callable[..., Cluster], cluster: Cluster) -> None:
    health = cluster.health()
    assert health is not None
    assert (health["backend"], health["isolation"], health["status"]) == ("process", "namespaces", "ok")


def _running(command: str) -> bool:
    return any(path.read_text() == command for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())
