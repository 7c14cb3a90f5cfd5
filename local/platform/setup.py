"""What has to exist on disk before a service starts: ports, credentials, certificate, and the services' own files."""

from __future__ import annotations

import shutil

from assay.secrets import declared
from assay.zones import zone_folders
from local.emulators.common import files
from local.platform.airflow import environment as airflow
from local.platform.supervisor import services
from local.state import aws_rights, credentials, kubernetes_rights, ports, tls
from local.state.endpoints import Endpoints
from tools.runtime.layout import Layout


def zones(layout: Layout) -> list[str]:
    """Names of the zones in this checkout: the folders that hold a zone file."""
    return [folder.name for folder in zone_folders(layout.root / "dags" / "zones")]


def prepare(layout: Layout) -> Endpoints:
    """Completes the state folder and returns the addresses in it. Call it only while no service runs."""
    layout.state.mkdir(parents=True, exist_ok=True)
    layout.state.chmod(0o700)
    for folder in (layout.logs, layout.run, layout.tls, layout.data(""), layout.state / "images"):
        folder.mkdir(parents=True, exist_ok=True)
    ports.ensure(layout.ports, services.PORTS, seed=str(layout.state))
    credentials.ensure(layout.credentials, zones(layout))
    files.write_json(layout.aws_policies, aws_rights.policies(layout.root, zones(layout)))
    files.write_json(layout.kubernetes_rights, kubernetes_rights.rights(layout.root, declared(zones(layout))))
    tls.ensure(layout)
    endpoints = Endpoints(layout)
    services.prepare(layout)
    airflow.prepare(endpoints)
    return endpoints


def forget(layout: Layout) -> list[str]:
    """Removes all state but the environments and returns the names of what it removed."""
    found = sorted(path for path in layout.state.glob("*") if path != layout.envs)
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return [path.name for path in found]
