"""The pipeline's tasks come from dbt-airflow-factory's own entry, by its own files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TriggerRule

from assay.errors import ConfigurationError
from assay.pipeline import pipeline
from assay.settings import Settings, load
from assay.transform import compat, transform
from assay.transform.compat import AirflowDagFactory
from assay.transform.factory import LayeredDagFactory
from assay.zones import Zone
from tests.plugins.assay.transform.conftest import AROUND, Render, loading
from tests.plugins.assay.transform.manifests import Project

GRAPH = {"bronze.flights.run", "gateway_to_silver", "silver.legs.run", "gateway_to_gold", "gold.punctuality.run"}


@pytest.fixture
def project() -> Project:
    project = Project()
    flights = project.model("flights", "here/bronze", [project.source("approved", "src_flights")])
    project.model("punctuality", "here/gold", [project.model("legs", "here/silver", [flights])])
    return project


@pytest.fixture
def settings(project: Project, render: Render) -> Settings:
    made: Settings = render(project)[2]
    return made


def made(zone: Zone, settings: Settings) -> DAG:
    with DAG("here", schedule=None, **settings.dag) as dag:
        transform(zone, settings, loading)
    return dag


def before(dag: DAG, task: str) -> set[str]:
    return set(dag.get_task(task).upstream_task_ids)


def test_start_ingestion_layers_and_end_are_in_the_factorys_row(settings: Settings, here: Zone) -> None:
    dag = made(here, settings)
    assert {task.task_id for task in dag.tasks} == GRAPH | AROUND
    assert before(dag, "start") == set()
    assert before(dag, "load") == {"start"}
    assert before(dag, "choose") == {"load"}
    assert before(dag, "bronze.flights.run") == {"choose"}
    assert before(dag, "gateway_to_silver") == {"choose", "bronze.flights.run"}
    assert before(dag, "end") == {"gateway_to_gold", "gold.punctuality.run"}
    assert dag.get_task("end").trigger_rule == TriggerRule.NONE_FAILED, "a run of a few models skips the others"


def test_a_zone_without_models_still_has_gateways_before_the_end(render: Render) -> None:
    dag, layers, _ = render(Project())
    assert before(dag, "gateway_to_silver") == {"choose"}
    assert before(dag, "end") == {"gateway_to_gold"}
    assert (layers.end, layers.gateway_to_gold) == (dag.get_task("end"), dag.get_task("gateway_to_gold"))


@pytest.mark.parametrize("zone", ["flights", "weather"])
def test_every_task_of_a_zone_stands_between_the_factorys_start_and_its_end_or_after_it(
    zone: str, dags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_ENV", "local")
    dag = pipeline(str(dags / f"{zone}.py"))
    start, end = dag.get_task("start"), dag.get_task("end")
    assert type(start) is type(end) is EmptyOperator
    everything = set(dag.task_dict)
    assert start.get_flat_relative_ids(upstream=False) == everything - {"start"}
    after = {"announce", "release.smoke", "release.publish", "release.refuse"}
    assert end.get_flat_relative_ids(upstream=False) == after
    assert end.get_flat_relative_ids(upstream=True) == everything - after - {"end"}


def read_by(zone: Zone, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that the factory reads, by its own reader's name."""
    files: list[str] = []
    known: Callable[..., dict[str, Any]] = compat.airflow_dag_factory.read_config

    def noted(dag_path: str, env: str, file_name: str, replace_jinja: bool = False) -> dict[str, Any]:
        assert (dag_path, env) == (str(settings.dags_folder), "local")
        files.append(file_name)
        return known(dag_path, env, file_name, replace_jinja)

    monkeypatch.setattr(compat.airflow_dag_factory, "read_config", noted)
    made(zone, settings)
    return files


def test_the_factory_reads_its_own_files(settings: Settings, here: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_by(here, settings, monkeypatch) == ["airflow.yml", "airbyte.yml", "ingestion.yml"]


def test_what_it_reads_is_what_the_settings_say(settings: Settings, here: Zone) -> None:
    factory = LayeredDagFactory(here, settings, loading)
    assert isinstance(factory, AirflowDagFactory)
    assert factory.airflow_config["dag"] == {
        "start_date": settings.airflow.dag.start_date.isoformat(),
        "catchup": False,
        "max_active_runs": 1,
        "max_active_tasks": settings.airflow.dag.max_active_tasks,
        "dagrun_timeout": "6h",
    }
    assert factory.airflow_config["default_args"] == {
        "retries": settings.airflow.default_args.retries,
        "retry_delay": 5,
    }
    assert factory._manifest_file_path() == str(settings.manifest)
    assert factory.ingestion_config == settings.ingestion.model_dump()


def test_ingestion_is_there_because_the_factorys_switch_is_on(
    settings: Settings, here: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The factory asks for ingestion where its file says so, and for nothing where it does not."""
    read = compat.airflow_dag_factory.read_config
    monkeypatch.setattr(
        compat.airflow_dag_factory,
        "read_config",
        lambda *arguments, **options: {**read(*arguments, **options), "enable": False},
    )
    dag = made(here, settings)
    assert "load" not in dag.task_dict
    assert before(dag, "choose") == {"start"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("enable: false", "config/local/ingestion.yml:1: enable is false, and a zone's models would run without"),
        ("enable: 'yes'", 'config/local/ingestion.yml:1: enable must be true or false, and is "yes"'),
        ("engine: airbyte", "config/local/ingestion.yml:1: engine is not a key that is known here"),
    ],
)
def test_the_switch_cannot_be_off(settings: Settings, text: str, sentence: str) -> None:
    (settings.dags_folder / "config" / "local" / "ingestion.yml").write_text(text)
    with pytest.raises(ConfigurationError) as error:
        load(settings.dags_folder, "local")
    assert sentence in str(error.value)


def test_a_switch_that_is_nowhere_is_missed(settings: Settings) -> None:
    (settings.dags_folder / "config" / "base" / "ingestion.yml").unlink()
    with pytest.raises(ConfigurationError, match=r"config/base/ingestion\.yml: there is no such file"):
        load(settings.dags_folder, "local")


def test_a_factory_that_does_not_call_the_hook_makes_no_pipeline(
    settings: Settings, here: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layers come from the hook that `create_tasks` calls, and from nowhere else."""
    monkeypatch.setattr(AirflowDagFactory, "create_tasks", lambda self: EmptyOperator(task_id="start"))
    with pytest.raises(AttributeError, match="layers"):
        made(here, settings)


IN_A_FRESH_PROCESS = """
import json, sys
from assay.transform.compat import UNUSED, AirflowDagFactory
import cosmos, cosmos.config, cosmos.constants
from cosmos import DbtTaskGroup
from dbt_airflow_factory import airflow_dag_factory
shown = {name: getattr(airflow_dag_factory, name).__doc__ for name in UNUSED.values()}
print(json.dumps({"shown": shown, "real": DbtTaskGroup.__module__, "moved": "airflow.kubernetes" in sys.modules}))
"""


def test_the_import_leaves_other_users_of_cosmos_what_they_had(root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_PROCESS],
        env=os.environ | {"PYTHONPATH": str(root / "plugins"), "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "airflow.operators.empty" not in done.stderr + done.stdout
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["real"].startswith("cosmos.")
    assert not found["moved"]
    assert found["shown"] == {name: f"Stands for {module}.{name}." for module, name in compat.UNUSED.items()}
