"""The small rules: selectors, quantities, image names, environments, status, tails of logs, the store's history."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from local.emulators.kubernetes import logs, quantities, status
from local.emulators.kubernetes.environment import ConfigError, environment
from local.emulators.kubernetes.errors import ApiError
from local.emulators.kubernetes.images import ImageError, Images, repository
from local.emulators.kubernetes.process.shim import Log
from local.emulators.kubernetes.secrets import SourceError, values
from local.emulators.kubernetes.selectors import fields_match, labels_match
from local.emulators.kubernetes.store import HISTORY, Store

LABELS = {"app": "dbt", "zone/name": "flights"}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("", True),
        ("app=dbt", True),
        ("app==dbt,zone/name=flights", True),
        ("app!=dbt", False),
        ("other!=x", True),
        ("app in (dbt, loader)", True),
        ("app notin (dbt)", False),
        ("other notin (dbt)", True),
        ("app", True),
        ("!app", False),
        ("!other", True),
        ("app in (a,b),zone/name=flights", False),
        ("app=", False),
    ],
)
def test_label_selectors(selector: str, expected: bool) -> None:
    assert labels_match(selector, LABELS) is expected


def test_a_selector_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ApiError, match="unable to parse"):
        labels_match("app=>dbt", LABELS)
    with pytest.raises(ApiError, match="invalid field selector"):
        fields_match("status.phase", {})


def test_field_selectors_take_an_absent_field_for_empty() -> None:
    pod = {"metadata": {"name": "a"}, "status": {"phase": "Running"}}
    assert fields_match("metadata.name=a,status.phase!=Pending", pod)
    assert fields_match("spec.nodeName=", pod)
    assert not fields_match("spec.nodeName=x", pod)


@pytest.mark.parametrize(
    ("text", "number"), [("512Mi", 512 << 20), ("1.5G", 1_500_000_000), ("1e3", 1000), ("2", 2), ("1Ki", 1024)]
)
def test_quantities(text: str, number: int) -> None:
    assert quantities.parse(text) == number


def test_a_fraction_of_a_cpu_is_a_quantity() -> None:
    assert float(quantities.parse("250m")) == 0.25


@pytest.mark.parametrize("text", ["", "lots", "1GB", "1 Gi"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        quantities.parse(text)


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("assay/dbt", "assay/dbt"),
        ("assay/dbt:1.2", "assay/dbt"),
        ("registry.example/assay/dbt:1.2", "assay/dbt"),
        ("localhost:5000/assay/dbt@sha256:00ff", "assay/dbt"),
        ("localhost/assay/dbt", "assay/dbt"),
        ("alpine:3.20", "alpine"),
    ],
)
def test_an_image_is_named_by_its_repository(reference: str, name: str) -> None:
    assert repository(reference) == name


def test_an_image_outside_the_folder_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "image.json").write_text("{}")
    with pytest.raises(ImageError, match="is not a name"):
        Images(tmp_path / "images").find("a/../..")


def test_an_image_description_that_is_wrong_names_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "image.json").write_text('{"paths": []}')
    with pytest.raises(ImageError, match=r"bad/image\.json: paths: "):
        Images(tmp_path).find("bad")


def test_later_variables_win_over_earlier_and_over_secrets() -> None:
    container = {
        "envFrom": [{"secretRef": {"name": "s"}}],
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)$(K)"}, {"name": "A", "value": "2"}],
    }
    made = environment({"metadata": {"name": "p"}}, container, {"s": {"A": "0", "K": "$(A)"}})
    assert made == {"HOSTNAME": "p", "A": "2", "K": "$(A)", "B": "1$(A)"}


def test_a_missing_secret_or_key_is_an_error_unless_optional() -> None:
    def container(**more: Any) -> dict[str, Any]:
        reference = {"name": "s", "key": "k", **more}
        return {"env": [{"name": "A", "valueFrom": {"secretKeyRef": reference}}]}

    pod = {"metadata": {"name": "p", "namespace": "n"}}
    with pytest.raises(ConfigError, match='secret "s" not found'):
        environment(pod, container(), {"s": None})
    with pytest.raises(ConfigError, match="couldn't find key k in Secret n/s"):
        environment(pod, container(), {"s": {}})
    assert "A" not in environment(pod, container(optional=True), {"s": None})


def test_an_external_secret_that_is_no_json_object_is_an_error_without_the_value() -> None:
    external = {"spec": {"dataFrom": [{"extract": {"key": "k"}}]}}
    with pytest.raises(SourceError) as refused:
        values(external, lambda key: "plain-value")
    assert "plain-value" not in str(refused.value)
    assert '"k" is not a JSON object' in str(refused.value)


def _state(*codes: int | None) -> status.PodState:
    """Containers that run (None) or have ended with a code."""
    main = {
        str(number): status.running("2024-01-01T00:00:00Z")
        if code is None
        else status.ContainerState("terminated", {"exitCode": code})
        for number, code in enumerate(codes)
    }
    return status.PodState({}, main, "2024-01-01T00:00:00Z")


def test_the_phase_follows_from_the_containers() -> None:
    assert _state(None, None).phase == "Running"
    assert _state(0, None).phase == "Running"
    assert _state(0, 0).phase == "Succeeded"
    assert _state(0, 1).phase == "Failed"
    assert _state(None).with_container("0", status.waiting("ContainerCreating")).phase == "Pending"


def test_quality_of_service_follows_from_requests_and_limits() -> None:
    def spec(**resources: Any) -> dict[str, Any]:
        return {"containers": [{"resources": resources}]}

    assert status.quality_of_service(spec()) == "BestEffort"
    assert status.quality_of_service(spec(requests={"cpu": "1"})) == "Burstable"
    assert status.quality_of_service(spec(limits={"cpu": "1", "memory": "1Gi"})) == "Guaranteed"


def test_the_end_of_a_long_log_is_found_from_its_end(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "log"))
    for number in range(5000):
        log.feed(f"line {number} {'x' * 50}\n".encode())
    log.feed(b"no newline")
    log.close()

    async def tail(lines: int) -> list[bytes]:
        request = logs.LogRequest(tail=lines)
        return b"".join([chunk async for chunk in logs.read(tmp_path / "log", request, lambda: True)]).splitlines()

    assert asyncio.run(tail(1)) == [b"no newline"]
    assert len(asyncio.run(tail(3000))) == 3000
    assert len(asyncio.run(tail(9000))) == 5001
    assert asyncio.run(tail(2))[0].startswith(b"line 4999 ")


def _object(name: str) -> dict[str, Any]:
    return {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name, "namespace": "n"}}


def test_the_store_keeps_objects_and_history_over_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    first = int(store.version)
    store.create("pods", _object("a"))
    store.create("pods", _object("b"))
    store.delete("pods", "n", "a")
    again = Store(tmp_path / "db")
    assert [found["metadata"]["name"] for found in again.all("pods")] == ["b"]
    changes = [(change.type, change.object["metadata"]["name"]) for change in again.since(first)]
    assert changes == [("ADDED", "a"), ("ADDED", "b"), ("DELETED", "a")]
    assert again.version == store.version


def test_the_store_refuses_a_replacement_of_what_has_changed(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    old = _object("a") | {"metadata": dict(store.create("pods", _object("a"))["metadata"])}
    store.replace("pods", _object("a") | {"x": 1})
    with pytest.raises(ApiError, match="the object has been modified"):
        store.replace("pods", old)


def test_the_stores_history_is_trimmed_and_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    first = int(store.version)
    store.create("pods", _object("a"))
    for number in range(2 * HISTORY + 10):
        store.replace("pods", _object("a") | {"number": number})
    assert len(store.since(int(store.version) - 1)) <= 1
    for opened in (store, Store(tmp_path / "db")):
        with pytest.raises(ApiError) as gone:
            opened.since(first)
        assert gone.value.code == 410
