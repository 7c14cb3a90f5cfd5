"""Airbyte's switches for faults, by the command that a person types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.company import inputs as company
from local.emulators.common import files
from local.emulators.common.files import StateError
from local.state.endpoints import Endpoints
from tests.local.emulators.airbyte.servers import Airbyte
from tools.runtime.layout import Layout

Switch = Callable[[dict[str, Any]], Any]


@pytest.fixture
def switch(airbyte: Airbyte, tmp_path: Path) -> Switch:
    """What `./assay fault airbyte` sends."""
    state = tmp_path / "state"
    state.mkdir()
    files.write_json(state / "ports.json", {"airbyte": urlsplit(airbyte.url).port})
    files.write_json(state / "credentials.json", {"airbyte": dict(airbyte.credentials)})
    endpoints = Endpoints(Layout(state, state))
    return lambda asked: company.fault(endpoints, "airbyte", asked)


def test_airbyte_fails_on_request_and_works_again(switch: Switch, airbyte: Airbyte) -> None:
    off = {"job": None, "seconds": None, "status": 0, "times": 0}
    assert switch({"job": "stall", "seconds": 2.5}) == off | {"job": "stall", "seconds": 2.5}
    assert switch({"status": 503, "times": 3}) == off | {"status": 503, "times": 3}
    assert switch({}) == off, "although each request of the public API was answered with 503"
    assert airbyte.client.call("GET", "/workspaces")["data"]


@pytest.mark.parametrize(
    "asked",
    [
        {"job": "stal"},
        {"jobs": "stall"},
        {"job": ["stall"]},
        {"seconds": 5},
        {"job": "stall", "seconds": "5"},
        {"job": "stall", "seconds": 0},
        {"status": 200},
        {"status": "503"},
        {"status": True},
        {"times": 3},
        {"status": 503, "times": 0},
        {"status": 503, "times": "3"},
    ],
    ids=str,
)
def test_a_fault_that_airbyte_does_not_have_is_refused_and_changes_nothing(switch: Switch, asked: Any) -> None:
    before = switch({"job": "fail"})
    with pytest.raises(StateError) as refused:
        switch(asked)
    key = next(iter(asked))
    assert str(refused.value).startswith("airbyte refused {")
    assert key in str(refused.value).split("}: ")[1]
    assert switch({"job": "fail"}) == before
