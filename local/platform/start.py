"""Starts the platform on this machine: its services, and what they need from each other before they act."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from rich.console import Console

from local.emulators.common import files
from local.platform.setup import zones
from local.platform.supervisor import client
from local.platform.supervisor.services import BEFORE_DAGS
from local.state.endpoints import Endpoints
from local.state.tls import trust_bundle
from tools.runtime.layout import Layout


def start(layout: Layout, names: list[str], console: Console) -> list[client.Row]:
    """Start services and wait until they are ready; return their rows.

    No names means all: then the platform is provisioned as well (secrets, bucket, databases, images), before the
    services that act on DAGs: a DAG file that is read before there is a manifest is broken for as long, which
    `platform_alerts` would post, and a scheduled run would find no database.
    """
    if names:
        return client.up(layout, names, progress(console))
    client.up(layout, BEFORE_DAGS, progress(console))
    if new := set(zones(layout)) - set(Endpoints(layout).credentials["inbox"]):
        raise files.StateError(
            f"New since the platform was started: {', '.join(sorted(new))}. "
            f"Run `./assay down`, then `./assay up`, and they get their users and channels."
        )
    trust_bundle(layout)
    provision = import_module("local.platform.provision")  # it takes a second to import
    provision.Provision(Endpoints(layout), lambda step: console.print(f"provisioning: {step}")).run()
    return client.up(layout, [], progress(console))


def progress(console: Console) -> Callable[[client.Row], None]:
    """Return what prints a service's row on one line."""

    def show(row: client.Row) -> None:
        note = f" {row['note']}" if row["note"] else ""
        console.print(f"{row['service']:24}{row['state']}{note}")

    return show
