"""Specs are refused with a sentence where they cannot be served as written."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from local.emulators.kubernetes import validate
from local.emulators.kubernetes.errors import ApiError

from .conftest import pod

GOOD = pod("good", "true")


def _with(path: str, value: Any) -> dict[str, Any]:
    """The good pod with one thing set; a path like `spec.containers.0.env`."""
    result = copy.deepcopy(GOOD)
    *parents, last = path.split(".")
    place: Any = result
    for part in parents:
        place = place[int(part)] if part.isdigit() else place.setdefault(part, {})
    place[int(last) if last.isdigit() else last] = value
    return result


def test_a_good_pod_gets_the_defaults_of_kubernetes() -> None:
    (container,) = validate.pod(GOOD)["spec"]["containers"]
    assert container["terminationMessagePath"] == "/dev/termination-log"
    assert container["terminationMessagePolicy"] == "File"
    assert container["imagePullPolicy"] == "IfNotPresent"


def test_nulls_are_absent_fields() -> None:
    cleaned = validate.pod(_with("spec.hostNetwork", None) | {"status": None})
    assert "hostNetwork" not in cleaned["spec"]
    assert "status" not in cleaned


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("spec.comand", [], 'unknown field "spec.comand"'),
        ("spec.containers.0.comand", [], 'unknown field "spec.containers[0].comand"'),
        ("metadata.lables", {}, 'unknown field "metadata.lables"'),
        ("spec.containers.0.command", "true", "spec.containers[0].command must be a list"),
        ("spec.containers.0.env", [{"name": "A", "value": 1}], "spec.containers[0].env[0].value must be a string"),
        ("metadata.labels", {"a": 1}, "metadata.labels must be a mapping of strings"),
    ],
)
def test_what_is_no_pod_is_a_bad_request(path: str, value: Any, field: str) -> None:
    with pytest.raises(ApiError) as refused:
        validate.pod(_with(path, value))
    assert refused.value.code == 400
    assert field in refused.value.message


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("spec.restartPolicy", "Always", "spec.restartPolicy: 'Always' is not supported: must be Never"),
        ("spec.hostNetwork", True, "spec.hostNetwork: is not supported by the local Kubernetes API"),
        ("spec.volumes", [{"name": "d", "persistentVolumeClaim": {"claimName": "d"}}], "only emptyDir volumes exist"),
        ("spec.containers.0.livenessProbe", {"exec": {}}, "containers are not probed here"),
        ("spec.containers.0.securityContext", {"privileged": True}, "privileged: is not supported"),
        ("spec.containers.0.securityContext", {"capabilities": {"add": ["SYS_ADMIN"]}}, "have no capabilities here"),
        ("spec.containers.0.resources", {"limits": {"memory": "lots"}}, '"lots" is not a quantity'),
        ("spec.containers.0.resources", {"limits": {"nvidia.com/gpu": "1"}}, "is not a resource this machine has"),
        ("spec.containers.0.volumeMounts", [{"name": "v", "mountPath": "/v"}], "there is no volume 'v'"),
        ("spec.containers.0.env", [{"name": "A", "valueFrom": {"configMapKeyRef": {}}}], "there are no ConfigMaps"),
        ("spec.containers.0.env", [{"name": "A=B", "value": "x"}], "is not the name of an environment variable"),
        ("spec.containers.0.name", "Main", "must be lower case letters"),
        ("spec.containers", [], "a pod needs at least one container"),
        ("metadata.name", "A pod", "metadata.name: 'A pod' must be lower case"),
        ("metadata.labels", {"a": "no spaces"}, "metadata.labels.a: 'no spaces' must be"),
        ("metadata.finalizers", ["x/y"], "nothing here would ever clear a finalizer"),
    ],
)
def test_what_is_not_served_is_invalid_and_says_why(path: str, value: Any, sentence: str) -> None:
    with pytest.raises(ApiError) as refused:
        validate.pod(_with(path, value))
    assert refused.value.code == 422
    assert sentence in refused.value.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.hostNetwork", False),
        ("spec.nodeSelector", {"pool": "dbt"}),
        ("spec.tolerations", [{"key": "dedicated", "operator": "Exists"}]),
        ("spec.affinity", {}),
        ("spec.serviceAccountName", "dbt"),
        ("spec.containers.0.securityContext", {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}),
        ("spec.containers.0.resources", {"requests": {"cpu": "100m", "memory": "1Gi"}}),
    ],
)
def test_what_asks_for_nothing_or_only_hints_is_accepted(path: str, value: Any) -> None:
    assert validate.pod(_with(path, value))["metadata"]["name"] == "good"


def test_names_are_unique_in_a_pod() -> None:
    twice = copy.deepcopy(GOOD)
    twice["spec"]["containers"] *= 2
    with pytest.raises(ApiError, match='the name "main" is given twice'):
        validate.pod(twice)


def test_a_refused_secret_never_quotes_a_value() -> None:
    with pytest.raises(ApiError) as refused:
        validate.secret({"metadata": {"name": "s"}, "stringData": {"A": 12345678}})
    assert "12345678" not in refused.value.message


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"target": {"name": "x"}}, "needs data or dataFrom"),
        ({"dataFrom": [{"find": {"name": {}}}]}, "name each secret"),
        ({"data": [{"secretKey": "A", "remoteRef": {}}]}, "spec.data[0].remoteRef.key: is required"),
        ({"data": [], "target": {"template": {}}}, "values are delivered as they are"),
        ({"surplus": 1}, 'unknown field "spec.surplus"'),
    ],
)
def test_an_external_secret_that_cannot_be_served_says_why(spec: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ApiError) as refused:
        validate.external_secret({"metadata": {"name": "x"}, "spec": spec})
    assert sentence in refused.value.message
