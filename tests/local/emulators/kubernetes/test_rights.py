"""Airflow's token has the rights of the chart's role, and no others; a right that is missing there is missing here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from assay.secrets import declared
from local.emulators.kubernetes.rights import Asked, Rule, read
from local.state import kubernetes_rights
from tests.local.emulators.kubernetes.conftest import NAMESPACE, TOKEN, Cluster, pod

AIRFLOWS = "airflows-own"
CORE = f"/api/v1/namespaces/{NAMESPACE}"
EXTERNAL = f"/apis/external-secrets.io/v1/namespaces/{NAMESPACE}/externalsecrets"
OWN, OTHER = "warehouse-flights-loader", "of-another-program"
POD = pod("evil", "true")
MAY = [
    ("GET", "/version"), ("GET", "/api"), ("GET", "/api/v1"), ("GET", "/apis"), ("GET", "/apis/external-secrets.io/v1"),
    ("GET", f"{CORE}/pods"), ("GET", f"{CORE}/pods?watch=1&timeoutSeconds=1"), ("POST", f"{CORE}/pods"),
    ("GET", f"{CORE}/pods/evil"), ("GET", f"{CORE}/pods/evil/log"), ("PATCH", f"{CORE}/pods/evil"),
    ("GET", f"{CORE}/events"), ("GET", f"{CORE}/secrets/{OWN}"), ("DELETE", f"{CORE}/pods/evil"),
]  # fmt: skip
MAY_NOT = [
    ("GET", "/api/v1/pods"), ("GET", "/api/v1/events"), ("GET", "/api/v1/secrets"), ("GET", "/api/v1/namespaces"),
    ("GET", f"/api/v1/namespaces/{NAMESPACE}"), ("GET", "/api/v1/namespaces/default/pods"),
    ("GET", "/api/v1/namespaces/default/secrets"), ("GET", f"/api/v1/namespaces/default/secrets/{OWN}"),
    ("DELETE", f"{CORE}/pods"), ("PUT", f"{CORE}/pods/evil"), ("GET", f"{CORE}/pods/evil/status"),
    ("GET", f"{CORE}/pods/evil/exec?command=id"), ("POST", f"{CORE}/pods/evil/exec?command=id"),
    ("POST", f"{CORE}/pods/evil/eviction"), ("GET", f"{CORE}/pods/evil/attach"), ("POST", f"{CORE}/pods/evil/log"),
    ("GET", f"{CORE}/secrets"), ("GET", f"{CORE}/secrets?watch=true"), ("GET", f"{CORE}/secrets/{OTHER}"),
    ("GET", f"{CORE}/secrets/{OWN}/../{OTHER}"), ("GET", f"{CORE}/secrets/{OWN}%2F..%2F{OTHER}"),
    ("GET", f"{CORE}/%73ecrets/{OTHER}"), ("GET", f"{CORE}/secrets/{OTHER}?name={OWN}"),
    ("GET", f"{CORE}/secrets?fieldSelector=metadata.name%3D{OWN}"), ("POST", f"{CORE}/secrets"),
    ("DELETE", f"{CORE}/secrets/{OWN}"), ("DELETE", f"{CORE}/secrets"), ("PUT", f"{CORE}/secrets/{OWN}"),
    ("GET", EXTERNAL), ("POST", EXTERNAL), ("PUT", f"{EXTERNAL}/{OWN}"), ("GET", f"{EXTERNAL}/{OWN}"),
    ("DELETE", f"{EXTERNAL}/{OWN}"), ("GET", "/apis/external-secrets.io/v1/externalsecrets"),
    ("POST", f"{CORE}/events"), ("DELETE", f"{CORE}/events"), ("GET", f"{CORE}/configmaps"),
    ("GET", f"{CORE}/serviceaccounts"), ("POST", f"{CORE}/serviceaccounts/airflow/token"),
    ("GET", f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/roles"), ("GET", "/api/v1/nodes"),
]  # fmt: skip


@pytest.fixture(scope="module")
def limited(
    root: Path,
    env_python: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
    free_port: Callable[[], int],
) -> Iterator[Callable[..., requests.Response]]:
    """Asks with Airflow's token; the rules are the chart's."""
    folder = tmp_path_factory.mktemp("limited")
    (folder / "rights.json").write_text(json.dumps(kubernetes_rights.rights(root, declared(["flights", "weather"]))))
    made = Cluster(env_python("platform"), root, folder, free_port(), ["--rights", str(folder / "rights.json")])
    made.credentials = {"kubernetes": {"token": TOKEN, "airflow": AIRFLOWS}}
    made.image("any", path=["/usr/bin", "/bin"])
    made.start()
    for name in (OWN, OTHER):
        made.core.create_namespaced_secret(
            NAMESPACE, {"metadata": {"name": name}, "stringData": {"KEY": "value-of-it"}}
        )

    def ask(method: str, url: str, token: str = AIRFLOWS) -> requests.Response:
        types = {"PATCH": "application/merge-patch+json"}
        headers = {"Authorization": f"Bearer {token}", "Content-Type": types.get(method, "application/json")}
        body: Any = {"POST": POD, "PUT": POD, "PATCH": {"metadata": {"labels": {"a": "b"}}}}.get(method)
        prepared = requests.Request(method, made.url, headers=headers, json=body).prepare()
        prepared.url = made.url + url  # as it is written
        with requests.Session() as session:
            return session.send(prepared, timeout=30)

    yield ask
    made.stop()


def test_airflow_may_what_the_role_says(limited: Callable[..., requests.Response]) -> None:
    refused = {(method, url): limited(method, url).status_code for method, url in MAY}
    assert {what: status for what, status in refused.items() if status in (401, 403)} == {}


@pytest.mark.parametrize(("method", "url"), MAY_NOT)
def test_airflow_may_nothing_else(limited: Callable[..., requests.Response], method: str, url: str) -> None:
    answer = limited(method, url)
    assert answer.status_code == 403, answer.text
    assert answer.json()["reason"] == "Forbidden"
    assert "value-of-it" not in answer.text
    assert limited(method, url, "guess").status_code == 401


@pytest.mark.parametrize("number", range(4))
def test_without_a_rule_of_the_role_what_it_allowed_is_forbidden(root: Path, number: int) -> None:
    rules = kubernetes_rights.rights(root, declared(["flights"]))["airflow"]
    given = {
        asked
        for method, url in MAY
        if (asked := read(method, url.partition("?")[0], "1" if "watch=1" in url else "")) is not None
    }
    left = [Rule.read(each) for place, each in enumerate(rules) if place != number]
    lost = {asked for asked in given if not any(rule.allows(asked) for rule in left)}
    assert lost
    assert {asked.resource for asked in lost} == {*rules[number]["resources"]}
    assert len(rules) == 4


@pytest.mark.parametrize(
    "rule",
    [
        {"apiGroups": ["*"], "resources": ["pods"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["*"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]},
        {"apiGroups": [""], "resources": ["pods"]},
        {"nonResourceURLs": ["/"], "verbs": ["get"]},
    ],
)
def test_a_rule_that_would_mean_less_or_more_here_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a rule"):
        Rule.read(rule)


def test_a_request_is_read_in_the_words_of_rbac() -> None:
    assert read("GET", "/api/v1/namespaces/assay/pods/a/log", "") == Asked("", "pods/log", "get", "assay", "a")
    assert read("DELETE", "/api/v1/namespaces/assay/pods", "") == Asked("", "pods", "deletecollection", "assay", "")
    assert read("GET", "/api/v1/pods", "true") == Asked("", "pods", "watch", "", "")
    assert read("GET", "/apis/external-secrets.io/v1", "") is None
