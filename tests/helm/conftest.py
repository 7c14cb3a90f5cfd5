"""Charts are rendered by real Helm, in an environment of its own, once per set of values."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ENVIRONMENTS = ("dev", "prod")
OLDEST, NEWEST = "1.33", "1.37"
"""Kubernetes versions: the oldest that the cloud still supports as a standard, and the newest with schemas here."""

Values = dict[str, Any]
Render = Callable[[Values], dict[str, Any]]


def merged(*layers: Values) -> Values:
    """As Helm merges values files: key by key, later ones win, lists are replaced whole."""
    result: Values = {}
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], value) if both else value
    return result


@pytest.fixture(scope="session")
def values_of(root: Path) -> Callable[[str, str], Values]:
    """The merged values of a chart (`airflow` or `assay`) in an environment, as `helm install -f … -f …` has them."""

    def values(chart: str, environment: str) -> Values:
        names = ("values.yaml", "values-zones.yaml", f"values-{environment}.yaml")
        files = [file for name in names if (file := root / "helm" / chart / name).exists()]
        return merged(*(yaml.safe_load(file.read_text()) for file in files))

    return values


@pytest.fixture(scope="session")
def render(root: Path, env_python: Callable[[str], Path]) -> Render:
    """Our chart with these values, rendered, linted, and judged by Kubernetes' schemas; see rendering.py."""

    @cache
    def answer(values: str) -> str:
        request = {"chart": str(root / "helm/assay"), "values": json.loads(values), "kubernetes": [OLDEST, NEWEST]}
        return subprocess.run(
            [env_python("helm"), Path(__file__).with_name("rendering.py")],
            input=json.dumps(request), capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    def rendering(values: Values) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(answer(json.dumps(values, sort_keys=True)))
        return found

    return rendering


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)
