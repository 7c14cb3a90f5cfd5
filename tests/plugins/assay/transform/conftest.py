"""A DAGs folder with the repository's configuration and a manifest of the test's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from assay.settings import Settings, load
from assay.transform import transform
from assay.transform.factory import Layers
from assay.transform.section import Section
from assay.zones import Zone
from tests.plugins.assay.pods.conftest import cluster, flights, settings
from tests.plugins.assay.transform.manifests import Project

__all__ = ["AROUND", "cluster", "flights", "loading", "settings"]

AROUND = {"start", "load", "choose", "end"}
"""The tasks of a rendered DAG that are not the graph's: the factory's own, what `loading` makes, and the choice."""

Render = Callable[..., tuple[DAG, Layers, Settings]]


def loading() -> Section:
    """Stands for the tasks that load a zone's sources."""
    task = EmptyOperator(task_id="load")
    return Section([task], [task])


@pytest.fixture
def here(zones: list[Zone]) -> Zone:
    """The zone of the generated projects, whose pods may have the flights zone's secrets' shape."""
    return zones[0].model_copy(update={"zone": "here"})


@pytest.fixture
def render(root: Path, tmp_path: Path, here: Zone) -> Render:
    """The DAG of a project's zone `here`, its layers and the settings it was made with."""

    def made(project: Project, environment: str = "local") -> tuple[DAG, Layers, Settings]:
        dags = tmp_path / environment
        shutil.copytree(root / "dags" / "config", dags / "config", dirs_exist_ok=True)
        (dags / "manifest.json").write_text(json.dumps(project.manifest))
        settings = load(dags, environment)
        with DAG("here", schedule=None, **settings.dag) as dag:
            layers = transform(here, settings, loading)
        return dag, layers, settings

    return made
