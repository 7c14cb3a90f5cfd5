"""Where less is allowed: an ordinary user, no namespaces, no control groups. The server says so and pods still run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest

from .conftest import Cluster

ORDINARY_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
NO_NAMESPACES = ["unshare", "--user", "--map-root-user", "sh", "-c"]
NO_NAMESPACES += ['echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh"]
NO_CONTROL_GROUPS = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
NO_CONTROL_GROUPS += ['mount -t tmpfs none /sys/fs/cgroup && exec "$@"', "sh"]
Make = Callable[..., Cluster]


def _start(make_cluster: Make, under: list[str]) -> Cluster:
    if not shutil.which("unshare") or subprocess.run([*under, "true"], capture_output=True).returncode:
        pytest.skip(f"a lesser machine cannot be made here: {' '.join(under[:3])} fails")
    cluster = make_cluster()
    cluster.under = under
    return cluster.start()


def _facts(cluster: Cluster) -> tuple[str, str]:
    health = cluster.health()
    assert health is not None
    return health["isolation"], health["memory"]


def test_an_ordinary_user_has_namespaces_too(make_cluster: Make) -> None:
    cluster = _start(make_cluster, ORDINARY_USER)
    assert _facts(cluster)[0] == "namespaces"
    spec = {"volumes": [{"name": "v", "emptyDir": {}}]}
    mounts = [{"name": "v", "mountPath": "/airflow/xcom"}]
    script = f"id -u; echo x > /airflow/xcom/y; cat /airflow/xcom/y; ls {cluster.state}; true"
    cluster.run("plain", "sh", "-c", script, spec=spec, volumeMounts=mounts, securityContext={"runAsUser": 50000})
    assert cluster.logs("plain").splitlines()[:2] == ["50000", "x"]
    assert "objects.sqlite" not in cluster.logs("plain")


def test_without_namespaces_pods_are_process_groups_and_the_server_warns(make_cluster: Make) -> None:
    cluster = _start(make_cluster, NO_NAMESPACES)
    assert _facts(cluster)[0] == "process-groups"
    assert "WARNING pods run as plain process groups" in cluster.log.read_text()
    ended = cluster.run("groups", "sh", "-c", "echo $SCRATCH; touch $TMPDIR/x; sleep 4322 & exit 3")
    assert ended.exit_code == 3
    assert cluster.logs("groups").strip().startswith(str(cluster.state))
    left = subprocess.run(["ps", "-e", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert "sleep 4322" not in left.splitlines()


def test_without_control_groups_a_watcher_enforces_the_memory_limit(make_cluster: Make) -> None:
    cluster = _start(make_cluster, NO_CONTROL_GROUPS)
    assert _facts(cluster) == ("namespaces", "watcher")
    hold = "head -c 200000000 /dev/zero | tail -c 190000000 | sleep 20"
    ended = cluster.run("greedy", "sh", "-c", hold, resources={"limits": {"memory": "64Mi"}})
    assert (ended.exit_code, ended.reason) == (137, "OOMKilled")
