"""The services of the platform as one table: what each is, how it is started, what it waits for, when it is ready."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from local.emulators.common import files
from local.emulators.postgres.cluster import binary
from local.platform import gitsync
from local.platform.airflow import environment as airflow
from local.platform.supervisor.health import AirflowComponent, Check, Exists, Http, Postgres
from local.state.endpoints import Endpoints
from tools.runtime.layout import Layout

PORTS = ("postgres", "aws", "warehouse", "flights_api", "airbyte", "kubernetes", "inbox", "airflow-api-server")
"""Services that listen, each on the port of its own name."""

BEFORE_DAGS = (*PORTS, "airflow-triggerer")
"""With what they need, all services but the two that read DAG files and start tasks."""

MODULES = {
    "postgres": "local.emulators.postgres",
    "aws": "local.emulators.aws",
    "warehouse": "local.emulators.snowflake",
    "flights_api": "local.company.flights_api",
    "airbyte": "local.emulators.airbyte",
    "kubernetes": "local.emulators.kubernetes",
    "inbox": "local.emulators.chat",
}
"""The program of each service that is ours: `python -m MODULE --port N --state FOLDER`."""

AIRFLOW = ("airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")


@dataclass(frozen=True)
class Service:
    """One process under supervision.

    `once`: it does its work and ends, and what needs it waits for the end. `farewell`: what it has started outlives it
    and is found again by its next life (pods); this command ends that too, when the service is stopped for good.
    """

    name: str
    purpose: str
    env: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    ready: Check | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    once: bool = False
    farewell: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    start_seconds: float = 120
    stop_seconds: float = 10


class Pods(StrEnum):
    """What a pod is on this machine: a group of processes, or podman's containers from images that are built here."""

    PROCESS = "process"
    PODMAN = "podman"


class UnknownService(Exception):
    """A name that is in no row of the table; the message is a sentence."""


def table(endpoints: Endpoints) -> list[Service]:
    """Every service, in an order in which each comes after what it needs."""
    layout, port = endpoints.layout, endpoints.ports
    common = airflow.base(layout)
    for_airflow = airflow.environment(endpoints)
    followed = list(git_sync(layout))
    dags = tuple(service.name for service in followed)

    def server(
        name: str,
        purpose: str,
        *options: str,
        env: str = "platform",
        needs: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
        authority: Path | None = None,
        farewell: tuple[str, ...] = (),
    ) -> Service:
        own = ("-m", MODULES[name], "--port", str(port[name]), "--state", str(layout.data(name)))
        ready = Http(port[name], authority=authority)
        variables = common | dict(environment or {})
        return Service(name, purpose, env, (*own, *options), needs, ready, variables, port[name], farewell=farewell)

    def airflow_service(name: str, purpose: str, *options: str, component: str, needs: tuple[str, ...]) -> Service:
        check = AirflowComponent(port["airflow-api-server"], component)
        return Service(
            f"airflow-{name}", purpose, "airflow", ("-m", "airflow", name, *options), needs, check, for_airflow
        )

    return [
        Service("postgres", "Airflow's metadata, and the company's own database", "platform",
             ("-m", MODULES["postgres"], "--port", str(port["postgres"]), "--state", str(layout.data("postgres"))),
             ready=Postgres(port["postgres"], binary("pg_isready")), environment=common, port=port["postgres"],
             stop_signal=signal.SIGINT),
        server("aws", "S3, Secrets Manager and SQS", "--policies", str(layout.aws_policies)),
        server("warehouse", "Snowflake", "--tls-cert", str(layout.tls / "warehouse.crt"),
               "--tls-key", str(layout.tls / "warehouse.key"), "--s3-endpoint", endpoints.url("aws"),
               env="warehouse", needs=("aws",), authority=layout.ca_bundle,
               environment={"TMPDIR": str(scratch(layout))}),
        server("flights_api", "the flights REST API that Airbyte reads"),
        server("airbyte", "Airbyte's public API over real connectors", "--connectors", str(connectors_file(layout)),
               needs=("warehouse",), environment=trust(layout)),
        server("kubernetes", "the Kubernetes API; runs the pods", "--images", str(layout.state / "images"),
               "--backend", pods_by_environment(), *pod_environment(layout), "--secrets-endpoint", endpoints.url("aws"),
               "--rights", str(layout.kubernetes_rights), *visible(layout), *hidden(layout), needs=("aws",),
               farewell=("-m", MODULES["kubernetes"], "--state", str(layout.data("kubernetes")), "--stop-pods")),
        server("inbox", "the chat server that alerts are posted to", "--documents", str(layout.root / "docs")),
        *followed,
        Service("airflow-migrate", "migrates Airflow's database", "airflow", ("-m", "airflow", "db", "migrate"),
             needs=("postgres",), environment=for_airflow, once=True, start_seconds=300),
        Service("airflow-api-server", "Airflow's UI and API", "airflow", ("-m", "airflow", "api-server"),
             needs=("airflow-migrate", "aws", *dags), ready=Http(port["airflow-api-server"], "/api/v2/monitor/health"),
             environment=for_airflow, port=port["airflow-api-server"]),
        airflow_service("scheduler", "starts tasks", "--skip-serve-logs", component="scheduler",
                     needs=("airflow-migrate", "aws", *dags)),
        airflow_service("dag-processor", "reads the DAG files", component="dag_processor",
                     needs=("airflow-migrate", "aws", *dags)),
        airflow_service("triggerer", "waits for deferred tasks", "--skip-serve-logs", component="triggerer",
                     needs=("airflow-migrate", "aws", *dags)),
    ]  # fmt: skip


def git_sync(layout: Layout) -> Iterator[Service]:
    """The service that fetches DAGs from a branch, where one is followed."""
    if followed := gitsync.Followed.from_environment():
        folder = gitsync.root(layout)
        options = ("--repository", followed.repository, "--branch", followed.branch, "--root", str(folder))
        command = ("-m", "local.platform.gitsync", *options)
        yield Service("git-sync", "DAGs from the release branch", "platform", command,
                      ready=Exists(folder / gitsync.LINK), environment=airflow.base(layout))  # fmt: skip


def with_needs(services: list[Service], names: Iterable[str]) -> list[Service]:
    """The named services and all that they need, in the table's order. No names means every service."""
    by_name = {service.name: service for service in services}
    wanted: set[str] = set()
    pending = list(names) or list(by_name)
    while pending:
        name = pending.pop()
        if name not in by_name:
            raise UnknownService(f"There is no service “{name}”: the services are {', '.join(by_name)}.")
        if name not in wanted:
            wanted.add(name)
            pending += by_name[name].needs
    return [service for service in services if service.name in wanted]


def trust(layout: Layout) -> dict[str, str]:
    return {"REQUESTS_CA_BUNDLE": str(layout.ca_bundle), "SSL_CERT_FILE": str(layout.ca_bundle)}


def pod_environment(layout: Layout) -> list[str]:
    """What the "node" adds to every pod: the authorities that it should trust."""
    return [word for name, value in trust(layout).items() for word in ("--pod-env", f"{name}={value}")]


def pods_by_environment() -> Pods:
    """What the user has chosen by ASSAY_PODS (`./assay up --pods`). A supervisor keeps what it was started with."""
    wanted = os.environ.get("ASSAY_PODS") or Pods.PROCESS
    try:
        return Pods(wanted)
    except ValueError:
        raise files.StateError(f"ASSAY_PODS is “{wanted}”: it may be {' or '.join(Pods)}.") from None


def visible(layout: Layout) -> list[str]:
    """What pods must see although it may lie below /tmp, which is private to each: the checkout, the programs (which
    another checkout may share), and their images."""
    return [word for path in (layout.root, layout.envs.resolve(), layout.state / "images")
            for word in ("--keep", str(path))]  # fmt: skip


def hidden(layout: Layout) -> list[str]:
    """What pods must not see of the machine they share: credentials, services' data, logs, and the warehouse's key."""
    key = layout.tls / "warehouse.key"
    paths = (layout.credentials, layout.data(""), layout.run, layout.logs, layout.airflow_home, key)
    return [word for path in paths for word in ("--hide", str(path))]


CONNECTORS = ("source-declarative-manifest", "source-faker")
"""Airbyte's connectors, by the names of the programs that run them."""


def connectors_file(layout: Layout) -> Path:
    return layout.run / "connectors.json"


def scratch(layout: Layout) -> Path:
    """The warehouse's temporary files: fakesnow makes a folder at each start and never removes it."""
    return layout.run / "warehouse"


def prepare(layout: Layout) -> None:
    """Write the file that names the program of each connector for Airbyte, and empty what is temporary."""
    shutil.rmtree(scratch(layout), ignore_errors=True)
    scratch(layout).mkdir(parents=True, mode=0o700)
    programs = layout.envs / "connectors" / "bin"
    files.write_json(connectors_file(layout), {name: [str(programs / name)] for name in CONNECTORS})
