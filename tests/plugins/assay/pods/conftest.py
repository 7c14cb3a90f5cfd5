"""A local Kubernetes API, an Airflow connection to it, and a zone and settings to make operators of."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.secrets import declared
from assay.settings import Settings, load
from assay.zones import Zone
from local.emulators.kubernetes.kubeconfig import kubeconfig
from local.state import kubernetes_rights
from tests.local.emulators.kubernetes.conftest import NAMESPACE, TOKEN, Cluster


@pytest.fixture
def settings(root: Path) -> Settings:
    return load(root / "dags", "local")


@pytest.fixture
def flights(zones: list[Zone]) -> Zone:
    return next(zone for zone in zones if zone.zone == "flights")


@pytest.fixture
def cluster(
    tmp_path: Path,
    root: Path,
    env_python: Callable[[str], Path],
    free_port: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Cluster]:
    """Started, with the image `assay/loader` that holds nothing but a shell and Python. Airflow's connection has the
    rights of the chart's role `pod-launcher`."""
    made = Cluster(env_python("platform"), root, tmp_path, free_port())
    made.image("assay/loader", path=["/usr/bin", "/bin", str(Path(sys.executable).parent)])
    rights = tmp_path / "rights.json"
    rights.write_text(json.dumps(kubernetes_rights.rights(root, declared(["flights", "weather"]))))
    made.options += ["--rights", str(rights)]
    made.credentials = {"kubernetes": {"token": TOKEN, kubernetes_rights.AIRFLOW: "airflows-own"}}
    made.start()
    config = json.dumps(kubeconfig(made.url, "airflows-own", NAMESPACE))
    extra: dict[str, Any] = {"kube_config": config, "namespace": NAMESPACE}
    monkeypatch.setenv("AIRFLOW_CONN_KUBERNETES", json.dumps({"conn_type": "kubernetes", "extra": extra}))
    yield made
    made.stop()
