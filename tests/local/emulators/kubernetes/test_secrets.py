"""Secrets reach pods from the store and from Secrets Manager (ExternalSecret); their values appear nowhere else."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from kubernetes.client.exceptions import ApiException

from .conftest import NAMESPACE, Cluster, until

GROUP = ("external-secrets.io", "v1", NAMESPACE, "externalsecrets")
AWS = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "key-of-a-test"}


@pytest.fixture
def secrets_manager(env_python: Callable[[str], Path], free_port: Callable[[], int]) -> Iterator[Any]:
    """A Secrets Manager on a real socket."""
    port = free_port()
    command = [str(env_python("platform")), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ})

    def answers() -> bool:
        try:
            return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=2).status == 200)
        except OSError:
            return False

    until(answers, "moto answers", 40)
    yield boto3.client(
        "secretsmanager",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="eu-central-1",
        aws_access_key_id=AWS["access_key_id"],
        aws_secret_access_key=AWS["secret_access_key"],
    )
    process.terminate()
    process.wait(10)


@pytest.fixture
def aws_cluster(make_cluster: Callable[..., Cluster], secrets_manager: Any) -> Cluster:
    return make_cluster("--secrets-endpoint", secrets_manager.meta.endpoint_url, aws={"external-secrets": AWS}).start()


def _external(name: str, **spec: Any) -> dict[str, Any]:
    store = {"name": "secrets-manager", "kind": "ClusterSecretStore"}
    body = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": {"name": name}}
    return {**body, "spec": {"refreshInterval": "1h", "secretStoreRef": store, "target": {"name": name}, **spec}}


def test_values_reach_a_pod_and_are_read_afresh_for_each(aws_cluster: Cluster, secrets_manager: Any) -> None:
    made = {"USER": "loader", "PASSWORD": "first-value"}
    secrets_manager.create_secret(Name="assay/pods/db", SecretString=json.dumps(made))
    body = _external("db", dataFrom=[{"extract": {"key": "assay/pods/db"}}])
    created = aws_cluster.custom.create_namespaced_custom_object(*GROUP, body)
    assert created["status"]["conditions"][0]["reason"] == "SecretSynced"
    env_from = [{"secretRef": {"name": "db"}, "prefix": "DB_"}]
    env = [{"name": "PW", "valueFrom": {"secretKeyRef": {"name": "db", "key": "PASSWORD"}}}]
    aws_cluster.run("first", "sh", "-c", "echo $DB_USER $DB_PASSWORD $PW", env=env, envFrom=env_from)
    assert aws_cluster.logs("first") == "loader first-value first-value\n"
    secrets_manager.put_secret_value(SecretId="assay/pods/db", SecretString=json.dumps({**made, "PASSWORD": "rotated"}))
    aws_cluster.run("second", "sh", "-c", "echo $PW", env=env)
    assert aws_cluster.logs("second") == "rotated\n"


def test_single_properties_are_extracted_and_the_definition_can_be_replaced(
    aws_cluster: Cluster, secrets_manager: Any
) -> None:
    secrets_manager.create_secret(Name="parts", SecretString=json.dumps({"a": "one", "b": "two"}))
    data = [{"secretKey": "LETTER", "remoteRef": {"key": "parts", "property": "a"}}]
    aws_cluster.custom.create_namespaced_custom_object(*GROUP, _external("parts", data=data))
    env_from = [{"secretRef": {"name": "parts"}}]
    aws_cluster.run("before", "sh", "-c", "echo $LETTER", envFrom=env_from)
    data[0]["remoteRef"]["property"] = "b"
    replaced = aws_cluster.custom.replace_namespaced_custom_object(*GROUP, "parts", _external("parts", data=data))
    assert replaced["spec"]["data"] == data
    aws_cluster.run("after", "sh", "-c", "echo $LETTER", envFrom=env_from)
    assert (aws_cluster.logs("before"), aws_cluster.logs("after")) == ("one\n", "two\n")
    assert len(aws_cluster.custom.list_namespaced_custom_object(*GROUP)["items"]) == 1


def test_a_missing_secret_keeps_the_container_waiting_until_it_appears(
    aws_cluster: Cluster, secrets_manager: Any
) -> None:
    env = [{"name": "PW", "valueFrom": {"secretKeyRef": {"name": "late", "key": "PASSWORD"}}}]
    aws_cluster.create("waits", "sh", "-c", "echo $PW", env=env)
    assert aws_cluster.waits_for("waits", "CreateContainerConfigError").message == 'secret "late" not found'
    assert ("Failed", 'Error: secret "late" not found') in aws_cluster.events("waits")
    body = _external("late", dataFrom=[{"extract": {"key": "assay/pods/late"}}])
    created = aws_cluster.custom.create_namespaced_custom_object(*GROUP, body)
    assert created["status"]["conditions"][0]["reason"] == "SecretSyncedError"
    assert "ResourceNotFoundException" in created["status"]["conditions"][0]["message"]
    secrets_manager.create_secret(Name="assay/pods/late", SecretString=json.dumps({"OTHER": "x"}))
    waiting = "couldn't find key PASSWORD in Secret assay/late"
    until(lambda: aws_cluster.waits_for("waits", "CreateContainerConfigError").message == waiting, "the key is missing")
    secrets_manager.put_secret_value(SecretId="assay/pods/late", SecretString=json.dumps({"PASSWORD": "there"}))
    assert aws_cluster.ended("waits").status.phase == "Succeeded"
    assert aws_cluster.logs("waits") == "there\n"


def test_a_secret_of_the_store_reaches_a_pod_and_can_be_deleted(cluster: Cluster) -> None:
    body = {"metadata": {"name": "plain"}, "stringData": {"TOKEN": "of-the-store"}}
    cluster.core.create_namespaced_secret(NAMESPACE, body)
    cluster.run("reads", "sh", "-c", "echo $TOKEN", envFrom=[{"secretRef": {"name": "plain"}}])
    assert cluster.logs("reads") == "of-the-store\n"
    cluster.core.delete_namespaced_secret("plain", NAMESPACE)
    optional = [{"secretRef": {"name": "plain", "optional": True}}]
    cluster.run("optional", "sh", "-c", "echo [$TOKEN]", envFrom=optional)
    assert cluster.logs("optional") == "[]\n"


def test_a_secret_that_is_asked_for_by_name_is_shown_with_its_values(
    aws_cluster: Cluster, secrets_manager: Any
) -> None:
    secrets_manager.create_secret(Name="shown", SecretString=json.dumps({"PW": "a-value"}))
    body = _external("shown", dataFrom=[{"extract": {"key": "shown"}}])
    aws_cluster.custom.create_namespaced_custom_object(*GROUP, body)
    for value in ("a-value", "rotated"):
        secrets_manager.put_secret_value(SecretId="shown", SecretString=json.dumps({"PW": value}))
        data = aws_cluster.core.read_namespaced_secret("shown", NAMESPACE).data
        assert base64.b64decode(data["PW"]).decode() == value
    with pytest.raises(ApiException, match="404"):
        aws_cluster.core.read_namespaced_secret("none", NAMESPACE)


def test_no_other_answer_log_file_or_argument_of_the_server_holds_a_value(
    aws_cluster: Cluster, secrets_manager: Any
) -> None:
    value = "a-very-secret-value"
    secrets_manager.create_secret(Name="hidden", SecretString=json.dumps({"PW": value}))
    body = _external("hidden", dataFrom=[{"extract": {"key": "hidden"}}])
    aws_cluster.custom.create_namespaced_custom_object(*GROUP, body)
    stored = {"metadata": {"name": "stored"}, "stringData": {"PW2": value}}
    shown = [aws_cluster.core.create_namespaced_secret(NAMESPACE, stored).to_dict()]
    env_from = [{"secretRef": {"name": name}} for name in ("hidden", "stored")]
    aws_cluster.create("uses", "sh", "-c", 'test "$PW" = "$PW2" && echo same && sleep 60', envFrom=env_from)
    until(lambda: aws_cluster.logs("uses") == "same\n", "the pod has both values")
    shown += [aws_cluster.core.list_namespaced_secret(NAMESPACE).to_dict(), aws_cluster.get("uses").to_dict()]
    listed = {each["metadata"]["name"]: each["metadata"]["annotations"] for each in shown[1]["items"]}
    assert listed["hidden"] == {"assay.local/keys": "PW"}
    assert all(value not in str(answer) and "YS12ZXJ5" not in str(answer) for answer in shown)
    assert value not in aws_cluster.log.read_text()
    with pytest.raises(ApiException) as refused:
        aws_cluster.core.create_namespaced_secret(NAMESPACE, {"metadata": {"name": "bad"}, "data": {"PW": value}})
    assert value not in refused.value.body
    files = [path for path in aws_cluster.state.rglob("*") if path.is_file() and "objects.sqlite" not in path.name]
    assert files
    assert not [path for path in files if value.encode() in path.read_bytes()]
    assert [path.stat().st_mode & 0o77 for path in aws_cluster.state.glob("objects.sqlite")] == [0]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        assert value.encode() not in (path.read_bytes() if path.exists() else b"")
