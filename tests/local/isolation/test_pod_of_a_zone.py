"""A pod of zone weather, started as the platform starts it, reaches nothing of zone flights or of the platform.

The services run as `./assay up` starts them, but for Airflow, whose API a pod has no login for. The pod is made by the
platform's operator, its environment is what the embedded Kubernetes fills in from Secrets Manager, and the program in
it tries everything that its test lists. It gets nothing, changes nothing, and can do all that it needs.

The same servers refuse bodies that nobody means well with, whoever sends them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import requests
from kubernetes.client import ApiClient

from assay.pods import PodOperator
from assay.secrets import declared
from assay.settings import load
from assay.zones import load_zones
from local.state import credentials
from local.state.endpoints import NAMESPACE, Endpoints
from tests.local.isolation import administrator, statements
from tests.local.isolation.services import reported, running

WITHIN = 300
ZONES = ("flights", "weather")
NODE = {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "HOSTNAME", "HOME", "PATH", "PYTHONPATH", "LC_CTYPE"}
IDENTITY = {"ASSAY_ENV", "ASSAY_ZONE", "ASSAY_MODEL", "ASSAY_COMMIT", "ASSAY_RUN_ID"}
NEEDED = {
    "warehouse-weather-transformer": (
        "select * from LOCAL_WEATHER.BRONZE.KNOWN",
        "create or replace table LOCAL_WEATHER.SILVER.OWN as select 1 a",
        "insert into LOCAL_WEATHER.SILVER.OWN values (2)",
        "drop table LOCAL_WEATHER.SILVER.OWN",
    ),
    "warehouse-weather-loader": (
        "list @LOCAL_WEATHER.LANDING.INBOX/loads/own/",
        "create or replace table LOCAL_WEATHER.LANDING.OWN (value varchar)",
        "copy into LOCAL_WEATHER.LANDING.OWN from @LOCAL_WEATHER.LANDING.INBOX/loads/own/",
        "select * from LOCAL_WEATHER.LEDGER.LOADS",
        "drop table LOCAL_WEATHER.LANDING.OWN",
    ),
}


@pytest.fixture(scope="module")
def platform(root: Path, env_python: Callable[[str], Path]) -> Iterator[Endpoints]:
    """Its state is in the checkout, as a real one's is: pods see what is there, but for what is hidden from them."""
    with TemporaryDirectory(prefix="isolation-", dir=root / ".assay") as state, running(root, Path(state)) as endpoints:
        image = endpoints.layout.state / "images" / "assay" / "loader" / "image.json"
        image.parent.mkdir(parents=True)
        image.write_text(json.dumps({"path": [str(endpoints.layout.python("platform").parent), "/usr/bin", "/bin"]}))
        reported(endpoints, "prepare")
        yield endpoints


class Cluster:
    def __init__(self, endpoints: Endpoints) -> None:
        self._url = f"{endpoints.url('kubernetes')}/api/v1/namespaces/{NAMESPACE}/pods"
        self._headers = {"Authorization": f"Bearer {endpoints.credentials['kubernetes']['airflow']}"}

    def ran(self, pod: Any) -> str:
        """The log of a pod that has ended."""
        body = ApiClient().sanitize_for_serialization(pod)
        made = requests.post(self._url, json=body, headers=self._headers, timeout=30)
        assert made.ok, made.text
        address = f"{self._url}/{made.json()['metadata']['name']}"
        deadline = time.monotonic() + WITHIN
        while requests.get(address, headers=self._headers, timeout=30).json()["status"]["phase"] not in (
            "Succeeded",
            "Failed",
        ):
            assert time.monotonic() < deadline, requests.get(f"{address}/log", headers=self._headers, timeout=30).text
            time.sleep(0.2)
        return requests.get(f"{address}/log", headers=self._headers, timeout=30).text


def attack(platform: Endpoints, root: Path, secret: str) -> dict[str, Any]:
    """What the program in the pod reports."""
    (zone,) = (each for each in load_zones(root / "dags" / "zones") if each.zone == "weather")
    layout = platform.layout
    known = {
        "ports": {name: port for name, port in platform.ports.items() if name != "airflow-api-server"},
        "marks": [administrator.SECRET, administrator.HIDDEN],
        "key": credentials.key_pair()["public_key"],
        "secrets": [each.key for each in declared(ZONES).values()]
        + [
            "assay/connections/airbyte",
            "assay/bootstrap/snowflake",
            "assay/connections/snowflake_flights_loader",
            "assay/syncs/flights_api",
            "assay/connections/kubernetes",
        ],
        "files": [
            str(path)
            for path in (
                layout.credentials,
                layout.data(""),
                layout.data("aws") / "journal.jsonl",
                layout.run,
                layout.logs,
                layout.airflow_home,
                layout.tls / "warehouse.key",
                layout.data("kubernetes") / "objects.sqlite",
            )
        ],
        "fail": list(statements.fail()),
        "hide": list(statements.hide()),
        "needed": NEEDED[secret],
    }
    operator = PodOperator(
        task_id="attack",
        zone=zone,
        settings=load(root / "dags", "local"),
        image="assay/loader",
        env={"PYTHONPATH": str(root)},
        command=["python", "-m", "tests.local.isolation.attack", json.dumps(known)],
        secrets=(secret, "landing-weather"),
    )
    log = Cluster(platform).ran(operator.build_pod_request_obj(dry_run=True))
    reports = [line.removeprefix("REPORT ") for line in log.splitlines() if line.startswith("REPORT ")]
    assert len(reports) == 1, log[-4000:]
    found: dict[str, Any] = json.loads(reports[0])
    return found


@pytest.mark.core
@pytest.mark.parametrize("secret", NEEDED)
def test_a_pod_gets_nothing_of_another_zone_and_can_do_what_it_needs(
    platform: Endpoints, root: Path, secret: str
) -> None:
    before = reported(platform, "state")
    found = attack(platform, root, secret)
    given = {name for each in (secret, "landing-weather") for name in declared(ZONES)[each].env}
    assert found["tried"] > 800
    after = reported(platform, "state")
    changed = sorted(each for each in before.keys() | after.keys() if before.get(each) != after.get(each))
    wrong = {what: found[what] for what in ("lacks", "got", "done", "failed") if found[what]}
    assert wrong | ({"changed": changed} if changed else {}) == {}
    assert set(found["environment"]) - NODE - IDENTITY == given


BODIES = {
    "100,000 lists": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "900 lists": b'{"metadata": ' + b"[" * 900 + b"]" * 900 + b"}",
    "900 objects": b'{"a":' * 900 + b"1" + b"}" * 900,
    "cut off": b'{"a": ', "a list": b"[1]", "a text": b'"a"', "a number": b"1" * 5000, "no text": b"\xff\xfe",
    "half a character": b'{"text": "\\ud800", "name": "\\ud800"}', "null": b"null", "nothing": b"",
}  # fmt: skip


def calls(platform: Endpoints) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, address and login of what takes JSON."""
    known = platform.credentials
    kubernetes = {"headers": {"Authorization": f"Bearer {known['kubernetes']['token']}"}}
    flights = {"headers": {"Authorization": f"Bearer {known['flights_api']['token']}"}}
    client = {"client_id": known["airbyte"]["client_id"], "client_secret": known["airbyte"]["client_secret"]}
    token = requests.post(f"{platform.airbyte}/applications/token", json=client, timeout=30).json()["access_token"]
    airbyte = {"headers": {"Authorization": f"Bearer {token}"}}
    login = {"auth": (known["airflow"]["user"], known["airflow"]["password"])}
    core = f"{platform.url('kubernetes')}/api/v1/namespaces/{NAMESPACE}"
    external = f"{platform.url('kubernetes')}/apis/external-secrets.io/v1/namespaces/{NAMESPACE}/externalsecrets"
    return [
        ("POST", f"{core}/pods", kubernetes), ("POST", f"{core}/secrets", kubernetes), ("POST", external, kubernetes),
        ("PUT", f"{external}/landing-flights", kubernetes),
        ("POST", f"{platform.airbyte}/applications/token", {}), ("POST", f"{platform.airbyte}/sources", airbyte),
        ("POST", f"{platform.airbyte}/connections", airbyte), ("POST", f"{platform.airbyte}/jobs", airbyte),
        ("POST", f"{platform.url('airbyte')}/api/v1/jobs/get", airbyte),
        ("PUT", f"{platform.url('airbyte')}/local/faults", airbyte),
        ("PUT", f"{platform.url('flights_api')}/v1/clock", flights),
        ("PUT", f"{platform.url('flights_api')}/v1/faults", flights),
        ("POST", f"{platform.url('inbox')}/hooks/{known['inbox']['flights']}", {}),
        ("PUT", f"{platform.url('inbox')}/local/faults", login),
    ]  # fmt: skip


@pytest.mark.core
def test_every_server_refuses_a_body_that_it_cannot_read(platform: Endpoints) -> None:
    wrong = []
    for method, url, login in calls(platform):
        for name, body in BODIES.items():
            options = {**login, "headers": {"Content-Type": "application/json", **login.get("headers", {})}}
            answer = requests.request(method, url, data=body, timeout=60, **options)
            if not 400 <= answer.status_code < 500 and not (name in ("nothing", "null") and answer.status_code < 400):
                wrong.append((method, url.partition("127.0.0.1")[2], name, answer.status_code))
    assert wrong == []
