"""The charts by their play: ours first, the official one as it is pinned, once, and again where something differs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.ansible.conftest import Account, Played


@dataclass(frozen=True)
class Cluster:
    """No cluster: what `helm` was told, and a copy of the charts that a test may change."""

    account: Account
    releases: Path
    charts: Path

    def play(self, name: str, *options: str, **more: str) -> Played:
        variables = json.dumps(
            {"charts_folder": str(self.charts), "charts_airflow_tag": "1.4.0", "confirm": "assay-dev"}
        )
        path = f"{self.releases.parent}:{self.account.variables['PATH']}"
        words = ("--tags", "charts", "--extra-vars", variables)
        more = {"PATH": path, "HELM_RELEASES": str(self.releases)} | more
        return self.account.play(name, *words, *options, environment="dev", **more)

    def installed(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.releases.read_text()) if self.releases.exists() else {}
        return found


@pytest.fixture
def cluster(account: Account, root: Path, tmp_path: Path, env_python: Callable[[str], Path]) -> Cluster:
    program = tmp_path / "bin" / "helm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {env_python("helm")} {root}/tests/ansible/helm.py "$@"\n')
    program.chmod(0o755)
    shutil.copytree(root / "helm", tmp_path / "helm")
    return Cluster(account, tmp_path / "bin" / "releases.json", tmp_path / "helm")


def test_charts_are_installed_once_and_followed_when_only_a_template_changes(cluster: Cluster) -> None:
    assert cluster.play("platform", "--check").counts["changed"] == 2
    assert cluster.installed() == {}

    first = cluster.play("platform")
    assert (first.status, first.counts["changed"]) == (0, 2), first.text
    ours, airflow = cluster.installed().values()
    assert (ours["name"], ours["namespace"], ours["context"]) == ("assay", "airflow", "assay-dev")
    assert ours["values"]["environment"] == "dev"
    assert airflow["chart"] == "airflow-1.22.0"
    assert airflow["repository"] == "https://airflow.apache.org"
    assert airflow["values"]["defaultAirflowTag"] == "1.4.0"
    assert airflow["values"]["dags"]["gitSync"]["ref"] == "release/dev"
    assert "--wait" in airflow["options"]

    again = cluster.play("platform")
    assert (again.status, again.counts["changed"]) == (0, 0), again.text

    template = cluster.charts / "assay" / "templates" / "priorities.yaml"
    template.write_text(template.read_text() + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n")
    assert cluster.play("platform").counts["changed"] == 1

    assert cluster.play("teardown").counts["changed"] == 2
    assert cluster.installed() == {}


def test_without_the_diff_plugin_nothing_is_installed(cluster: Cluster) -> None:
    refused = cluster.play("platform", HELM_PLUGINS_THERE="other\t1.0\tof something else\n")
    assert refused.status == 2
    assert "helm plugin install" in refused.text
    assert cluster.installed() == {}
