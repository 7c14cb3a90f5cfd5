"""The images of the pods, built for real and run as pods; over Debian's Python, so that no registry is needed."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.deploy import images
from tests.containers import CONTAINERS
from tests.local.emulators.kubernetes.conftest import Cluster, until
from tools.runtime.bootstrap import pip_settings
from tools.runtime.layout import Layout

TAG = "built-by-a-test"
ZONE = {
    f"SNOWFLAKE_{name}": value
    for name, value in {
        "ACCOUNT": "assay",
        "HOST": "127.0.0.1",
        "PORT": "1",
        "USER": "LOCAL_WEATHER_TRANSFORMER",
        "ROLE": "LOCAL_WEATHER_TRANSFORMER",
        "WAREHOUSE": "LOCAL_WEATHER_WH",
        "DATABASE": "LOCAL_WEATHER",
    }.items()
}
# As assay.pods gives every pod.
CONTAINER: dict[str, Any] = {
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
    "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],
}
POD: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True},
    "volumes": [{"name": "scratch", "emptyDir": {}}],
}

pytestmark = [pytest.mark.timeout(900), *CONTAINERS]


@pytest.fixture(scope="module")
def built() -> Iterator[None]:
    order = images.Order(TAG, base=images.STAND_IN, zones={"weather": {"ASSAY_ENV": "local", **ZONE}})
    references = images.build(("loader", "dbt"), order, print, pip_settings(Layout.here()), images.builder("podman"))
    yield
    subprocess.run(["podman", "rmi", *references], check=True, capture_output=True)


@pytest.fixture
def cluster(
    built: None, root: Path, tmp_path: Path, env_python: Callable[[str], Path], free_port: Callable[[], int]
) -> Iterator[Cluster]:
    options = ["--backend", "podman"]
    found = Cluster(env_python("platform"), root, tmp_path, free_port(), options)
    yield found.start()
    found.stop()


def run(cluster: Cluster, image: str, *command: str, **container: Any) -> tuple[int, str]:
    """Exit code and log of one command in a pod."""
    reference = f"registry.example/assay/{image}:{TAG}"
    cluster.create("pod", *command, image=reference, spec=POD, **CONTAINER, **container)
    until(lambda: cluster.get("pod").status.phase in ("Succeeded", "Failed"), "the pod has ended", 180)
    ended = cluster.get("pod").status.container_statuses[0].state.terminated
    return ended.exit_code, cluster.logs("pod")


def test_the_loader_names_what_it_lacks(cluster: Cluster) -> None:
    code, said = run(cluster, "loader", "sql-job")
    assert code == 1
    assert "PGHOST, PGUSER, PGPASSWORD, PGDATABASE, ASSAY_LANDING_URL, ASSAY_JOB_SQL are not set" in said


def test_a_dbt_pod_parses_nothing_because_its_zone_is_baked(cluster: Cluster) -> None:
    own = {
        **ZONE,
        "ASSAY_ENV": "local",
        "DBT_PARTIAL_PARSE_FILE_PATH": "target/weather/partial_parse.msgpack",
        "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": "none",
    }
    env = [{"name": name, "value": value} for name, value in own.items()]
    code, said = run(cluster, "dbt", "dbt", "--debug", "ls", "--select", "path:models/weather", env=env)
    assert code == 0, said
    assert "Nothing changed, skipping partial parsing." in said
    assert "hourly_observations" in said


@pytest.mark.parametrize("image", ["loader", "dbt"])
def test_a_pod_is_nobody_in_particular_and_can_write_to_its_scratch_only(cluster: Cluster, image: str) -> None:
    script = "id -u; touch /tmp/mine && echo wrote; touch /opt/theirs; command -v pip pip3 gcc make; true"
    code, said = run(cluster, image, "sh", "-c", script)
    assert code == 0
    lines = said.splitlines()
    assert lines[:2] == ["50000", "wrote"]
    assert "Read-only file system" in lines[2]
    assert lines[3:] == [], "no installer and no compiler is on the PATH"


@pytest.mark.parametrize("image", ["loader", "dbt"])
def test_nothing_of_the_build_machine_is_in_an_image(built: None, root: Path, image: str) -> None:
    reference = f"localhost/assay/{image}:{TAG}"
    shown = subprocess.run(["podman", "image", "inspect", reference], capture_output=True, text=True, check=True).stdout
    [description] = json.loads(shown)
    labels = description["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == TAG
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", labels["org.opencontainers.image.revision"])
    for word in (str(root), "pip.conf=", "password", "BEGIN "):
        assert word not in shown
    container = subprocess.run(
        ["podman", "create", reference], capture_output=True, text=True, check=True
    ).stdout.strip()
    try:
        listed = subprocess.run(
            f"podman export {container} | tar --list", shell=True, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    finally:
        subprocess.run(["podman", "rm", container], check=True, capture_output=True)
    names = {name.lstrip("./") for name in listed}
    assert "opt/venv/bin/python" in names
    left = ("opt/pip", "tmp/requirements", "tmp/zones", "tmp/bake", "run/secrets/", "etc/pip.conf")
    assert not [name for name in names if name.startswith(left)]
    assert not [name for name in names if "site-packages/pip/" in name and name.startswith("opt/")]
