"""No secret lies where it should not, and nothing listens to the network."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from assay.pods import PodOperator
from assay.settings import load
from assay.zones import load_zones
from tests.checkout import Checkout, processes_of
from tests.local.isolation.test_pod_of_a_zone import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.core]

SHORTEST = 8
"""Anything shorter is a user's name, not a secret."""


def values(tree: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from values(value, f"{name}.{key}" if name else key)
    elif isinstance(tree, str):
        yield name, tree


def secrets(demo: Checkout) -> dict[str, str]:
    """Every generated secret by its place in credentials.json; public halves and user names are none."""
    public = ("public_key", "user", "client_id", "access_key_id")
    found = {
        name: value
        for name, value in values(demo.endpoints.credentials)
        if name.rsplit(".", 1)[-1] not in public and len(value) >= SHORTEST
    }
    assert len(found) > 15
    return found


def needles(demo: Checkout) -> dict[str, bytes]:
    """What to search for: a key is found by its middle, however it is wrapped."""
    return {name: (value[300:360] if len(value) > 400 else value).encode() for name, value in secrets(demo).items()}


def test_no_secret_is_in_git_or_any_file_of_the_checkout(demo: Checkout) -> None:
    wanted = needles(demo)
    found = []
    for folder, folders, names in os.walk(demo.root):
        folders[:] = [name for name in folders if name != ".assay"]
        for name in names:
            content = (Path(folder) / name).read_bytes()
            found += [(secret, name) for secret, value in wanted.items() if value in content]
    assert found == []


def test_no_secret_is_in_a_log(demo: Checkout) -> None:
    state = demo.layout.state
    logs = [*demo.layout.logs.rglob("*"), *(demo.layout.airflow_home / "logs").rglob("*")]
    logs += [path for part in ("airbyte", "kubernetes") for path in (state / "data" / part).rglob("*.log*")]
    files = [path for path in logs if path.is_file()]
    assert len(files) > 40
    wanted = needles(demo)
    assert [
        (secret, str(path)) for path in files for content in [path.read_bytes()] for secret, value in wanted.items()
        if value in content
    ] == []  # fmt: skip


def test_no_secret_is_an_argument_of_a_process(demo: Checkout) -> None:
    arguments = subprocess.run(["ps", "-eo", "args", "-ww"], capture_output=True, check=True).stdout
    assert b"local.emulators.snowflake" in arguments
    assert [name for name, value in needles(demo).items() if value in arguments] == []


def test_no_secret_is_rendered_with_a_task(demo: Checkout) -> None:
    airflow = demo.airflow
    wanted = needles(demo)
    rendered = 0
    for zone in ("weather", "flights"):
        run = airflow.call("GET", f"dags/{zone}/dagRuns", params={"limit": 1})["dag_runs"][0]["dag_run_id"]
        for task in airflow.tasks(zone, run):
            fields = json.dumps(task["rendered_fields"]).encode()
            rendered += len(fields) > 2
            assert [name for name, value in wanted.items() if value in fields] == []
    assert rendered > 20


def test_no_secret_is_in_airflows_database(demo: Checkout) -> None:
    """Searched as a dump of every table: connections and variables live in Secrets Manager, not here."""
    wanted = needles(demo)
    password = demo.endpoints.credentials["postgres"]["airflow"]
    found = []
    tables = 0
    with psycopg.connect(
        host="127.0.0.1", port=demo.endpoints.ports["postgres"], user="airflow", password=password, dbname="airflow"
    ) as connection:
        names = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        for (name,) in names:
            with connection.cursor() as cursor, cursor.copy(f'copy "{name}" to stdout') as copy:  # type: ignore[arg-type]
                content = b"".join(bytes(block) for block in copy)
            tables += 1
            found += [(secret, name) for secret, value in wanted.items() if value in content]
    assert tables > 40
    assert found == []


def test_state_is_its_owners_alone(demo: Checkout) -> None:
    state = demo.layout.state
    assert state.stat().st_mode & 0o077 == 0
    assert demo.layout.credentials.stat().st_mode & 0o077 == 0


def test_nothing_listens_beyond_loopback(demo: Checkout) -> None:
    ours = processes_of(demo.root)
    listeners = [line.split() for line in subprocess.run(
        ["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout.splitlines()]  # fmt: skip
    mine = [line for line in listeners if any(f"pid={pid}," in line[-1] for pid in ours)]
    assert len(mine) >= 8
    assert [line[3] for line in mine if not line[3].startswith(("127.0.0.1:", "[::1]:"))] == []


def routes(demo: Checkout) -> list[tuple[str, str]]:
    """Every route that Airflow's server and its plugins say they have, with names filled in."""
    described = requests.get(f"{demo.endpoints.airflow}/openapi.json", timeout=30).json()
    found = []
    for path, methods in described["paths"].items():
        named = path.replace("{dag_id}", "flights").replace("{connection_id}", "snowflake_flights_loader")
        filled = re.sub(r"\{[^}]*\}", NO_ONES, named)
        found += [(method.upper(), filled) for method in methods if method in VERBS]
    return [*found, *EXECUTION]


NO_ONES = "00000000-0000-0000-0000-000000000000"
EXECUTION = [
    ("PATCH", f"/execution/task-instances/{NO_ONES}/run"), ("PATCH", f"/execution/task-instances/{NO_ONES}/state"),
    ("PUT", f"/execution/task-instances/{NO_ONES}/heartbeat"), ("GET", "/execution/connections/kubernetes"),
    ("GET", "/execution/connections/snowflake_flights_loader"), ("GET", "/execution/variables/x"),
    ("PUT", "/execution/variables/x"), ("DELETE", "/execution/variables/x"), ("GET", "/execution/xcoms/flights/x/y/z"),
    ("POST", "/execution/xcoms/flights/x/y/z"), ("POST", "/execution/dag-runs/flights/evil"),
    ("POST", "/execution/dag-runs/flights/evil/clear"), ("GET", "/execution/assets/by-name?name=x"),
]  # fmt: skip
"""What tasks ask the server for, which describes itself elsewhere."""
VERBS = ("get", "post", "put", "patch", "delete", "head")


def test_a_pod_of_a_zone_gets_nothing_of_airflow(demo: Checkout) -> None:
    """Every route of its server, with the pod's own keys and with tokens that are forged with them."""
    (zone,) = (each for each in load_zones(demo.root / "dags" / "zones") if each.zone == "weather")
    asked = routes(demo)
    assert len(asked) > 130
    operator = PodOperator(
        task_id="attack",
        zone=zone,
        settings=load(demo.root / "dags", "local"),
        image="assay/loader",
        env={"PYTHONPATH": str(demo.root)},
        command=["python", "-m", "tests.local.isolation.attack_airflow",
                 json.dumps({"url": demo.endpoints.airflow, "routes": asked})],
        secrets=("warehouse-weather-transformer", "landing-weather"),
    )  # fmt: skip
    log = Cluster(demo.endpoints).ran(operator.build_pod_request_obj(dry_run=True))
    (report,) = (json.loads(line.removeprefix("REPORT ")) for line in log.splitlines() if line.startswith("REPORT "))
    assert report["tried"] > 350
    assert (report["answered"], report["failed"]) == ([], [])
