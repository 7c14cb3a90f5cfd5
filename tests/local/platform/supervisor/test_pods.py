"""What pods are on this machine is the user's choice, made when the platform starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.emulators.common import files
from local.platform.supervisor import services
from local.state import credentials, ports
from local.state.endpoints import Endpoints
from tools.runtime.layout import Layout


@pytest.fixture
def endpoints(root: Path, tmp_path: Path) -> Endpoints:
    layout = Layout(root, tmp_path)
    ports.ensure(layout.ports, services.PORTS, seed=str(tmp_path))
    credentials.ensure(layout.credentials, ["weather"])
    return Endpoints(layout)


def backend(endpoints: Endpoints) -> str:
    command = next(service.command for service in services.table(endpoints) if service.name == "kubernetes")
    return str(command[command.index("--backend") + 1])


def test_pods_are_processes_unless_containers_are_asked_for(
    endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASSAY_PODS", raising=False)
    assert backend(endpoints) == "process"
    monkeypatch.setenv("ASSAY_PODS", "podman")
    assert backend(endpoints) == "podman"


def test_a_third_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_PODS", "docker")
    with pytest.raises(files.StateError, match="ASSAY_PODS is “docker”: it may be process or podman"):
        services.pods_by_environment()
