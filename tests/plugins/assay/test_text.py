"""What a zone's file says is text in pods, in SQL and on pages: no template, reference, markup or statement."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from airflow.sdk import DAG
from airflow.sdk.bases.operator import BaseOperator
from airflow.serialization.serialized_objects import DagSerialization
from markdown_it import MarkdownIt
from pydantic import ValidationError

from assay import assets
from assay.markdown import as_markdown
from assay.pipeline import pipeline
from assay.pods import PodOperator
from assay.pods.run_values import FIELDS, SHOWN, TEMPLATES
from assay.zones import Zone, load_zone
from local.emulators.kubernetes.environment import expand
from tests.plugins.assay.marks import MARKS, places, put
from tests.plugins.assay.transform.manifests import Project

FULL_ZONE: dict[str, Any] = {
    "zone": "flights",
    "description": "d", "owner": "o", "steward": "s", "channel": "#flights", "runbook": "docs/runbooks/zone.md",
    "schedule": None,
    "sources": [
        {"name": "a", "table": "flights", "kind": "airbyte", "connection": "flights_api", "stream": "flights",
         "day": "time_hour::date"},
        {"name": "b", "table": "weather", "kind": "files", "prefix": "in/", "null_if": ["NA"]},
        {"name": "c", "table": "planes", "kind": "sql_job", "job": "airports", "null_if": ["NA"], "resources": {}},
        {"name": "d", "table": "airports", "kind": "container", "image": "assay/loader", "command": ["x", "y"],
         "secrets": ["postgres-company"], "null_if": ["NA"], "resources": {}},
    ],
    "publishes": ["legs"],
    "reads": [{"zone": "weather", "tables": ["hourly_weather"]}],
    "keep": {},
    "granularity": {"gold": "model"},
}  # fmt: skip


FILE_NAMES = [f"m{n} {mark}" for n, mark in enumerate(MARKS) if not {"\0", "/", "."} & set(mark)]
"""What dbt may find as a model's file."""


class Poison:
    """Stands for whatever else Airflow's context holds: a template that reads it fails the test."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a template has read {name}")

    def __bool__(self) -> bool:
        raise AssertionError("a template has asked")


def rendered(dag: DAG, run_id: str = "run 1") -> None:
    context: Any = dict.fromkeys(("conn", "var", "ti", "dag", "dag_run", "macros", "task", "outlets"), Poison())
    context |= {"run_id": run_id, "params": {"full_refresh": False}}
    for task in dag.tasks:
        assert isinstance(task, BaseOperator)
        task.render_template_fields(context, dag.get_template_env())


@pytest.fixture
def folder(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The DAG files, with models that are called by marks, and one more contract for the zone that `write` makes."""
    monkeypatch.setenv("ASSAY_ENV", "local")
    dags = tmp_path / "dags"
    shutil.copytree(root / "dags", dags)
    project = Project()
    for name in FILE_NAMES:
        parent = project.model(name, "flights/bronze")
        project.test(f"of {name}", [parent], "flights", tags=["smoke"])
    project.test("smoke", [project.model("any", "weather/gold")], "weather", tags=["smoke"])
    (dags / "manifest.json").write_text(json.dumps(project.manifest))
    shutil.copy(
        dags / "zones" / "weather" / "contracts" / "weather.odcs.yaml", dags / "zones" / "flights" / "contracts"
    )
    return dags


def write(folder: Path, document: Any) -> Zone:
    """Raises ConfigurationError where it is refused."""
    (folder / "zones" / "flights" / "zone.yml").write_text(json.dumps(document))
    return load_zone(folder / "zones" / "flights")


def accepted_texts(zone: Zone) -> dict[tuple[str | int, ...], list[Any]]:
    """Where a zone file takes which marks: every field of every model of it is tried, with every mark."""
    accepted: dict[tuple[str | int, ...], list[Any]] = {}
    for path in places(zone):
        for mark in MARKS:
            for value in (mark, [mark]):
                try:
                    Zone.model_validate_json(json.dumps(put(FULL_ZONE, path, value)), strict=True)
                except ValidationError:
                    continue
                accepted.setdefault(path, []).append(value)
    return accepted


def test_text_of_a_zone_is_text_or_refused(folder: Path) -> None:
    accepted = accepted_texts(write(folder, FULL_ZONE))
    assert set(accepted) == {
        ("description",), ("owner",), ("steward",), ("runbook",), ("sources", 0, "day"), ("sources", 1, "pattern"),
        ("sources", 1, "date_pattern"), ("sources", 1, "null_if"), ("sources", 1, "null_if", 0),
        ("sources", 2, "null_if"), ("sources", 2, "null_if", 0), ("sources", 3, "command"),
        ("sources", 3, "command", 0), ("sources", 3, "command", 1), ("sources", 3, "null_if"),
        ("sources", 3, "null_if", 0),
    }, "a new field that takes any text: follow it to where it goes, here or below"  # fmt: skip
    assert [mark for mark in MARKS if mark not in accepted["sources", 3, "command", 0]] == ["a\0b"]
    assert accepted["runbook",] == ["https://evil.example"]
    lines = accepted["owner",]
    assert set(MARKS) - set(lines) == {"a\nb", "a\0b", "\u202eabc"}
    for document in (
        FULL_ZONE | dict.fromkeys(("description", "owner", "steward"), " ".join(lines)),
        FULL_ZONE | dict.fromkeys(("description", "owner", "steward"), lines[0]),
    ):
        command = [value for value in accepted["sources", 3, "command", 0] if isinstance(value, str)]
        is_text_everywhere(folder, put(document, ("sources", 3, "command"), command))


@pytest.mark.parametrize("mark", [mark for mark in MARKS if "\n" not in mark and "\0" not in mark])
def test_a_mark_is_text_on_a_page(mark: str) -> None:
    assert shown(as_markdown(mark)) == mark.strip()
    assert shown(f"{as_markdown(mark)} and {as_markdown(mark)}") == f"{mark} and {mark}"


def is_text_everywhere(folder: Path, document: Any) -> None:
    zone, dag = write(folder, document), dag_of(folder, document)
    for task in dag.tasks:
        assert tuple(task.template_fields) in ((), FIELDS), task.task_id
        assert tuple(task.template_ext) == ()
        for field in task.template_fields:
            assert getattr(task, field).items() <= TEMPLATES.items(), "text of ours alone is a template"
        assert task.owner == zone.owner == document["owner"]
    rendered(dag)
    pod = given(dag.get_task("ingest.d"))
    assert pod["command"] == document["sources"][3]["command"]
    assert pod["env"]["ASSAY_RUN_ID"] == "run 1"
    assert given(dag.get_task("ingest.c"))["env"]["ASSAY_JOB_SQL"] == QUERY
    commands = [word for task in dag.tasks if task.task_id.endswith(".run") for word in given(task)["command"]]
    assert {name for name in FILE_NAMES if f"assay.flights.bronze.{name}" in commands} == set(FILE_NAMES)
    assert dag.description == document["description"]
    for text in (document["description"], document["owner"], document["steward"]):
        assert text in shown(str(dag.doc_md))
    DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))


QUERY = "\n".join(mark for mark in MARKS if "\0" not in mark)


def dag_of(folder: Path, document: Any) -> DAG:
    (folder / "zones" / "flights" / "jobs" / "airports.sql").write_text(QUERY)
    write(folder, document)
    return pipeline(str(folder / "flights.py"))


def given(task: Any) -> dict[str, Any]:
    """What a container gets, after Kubernetes has expanded references to its other variables."""
    pod = task.build_pod_request_obj(dry_run=True)
    (container,) = pod.spec.containers
    environment: dict[str, str] = {"SNOWFLAKE_PRIVATE_KEY": "the key"}
    for each in container.env:
        environment[each.name] = expand(each.value, environment)
    return {"command": [expand(word, environment) for word in container.command], "env": environment}


def shown(page: str) -> str:
    """What a reader of a Markdown page sees; fails where it is anything but paragraphs of text and code of ours."""
    words = []
    for block in MarkdownIt("commonmark").parse(page):
        assert block.type in ("paragraph_open", "paragraph_close", "inline"), block.type
        for inline in block.children or ():
            assert inline.type in ("text", "text_special", "code_inline"), inline.type
            words.append(inline.content)
    text = "".join(words)
    assert "://" not in text.partition("Runbook")[0]  # GitHub's flavour makes links of bare addresses
    return text.replace("\u200b", "")


@pytest.mark.parametrize("run_id", [mark for mark in MARKS if "\0" not in mark])
def test_a_runs_id_is_rendered_once_and_reaches_the_pod_as_it_is(folder: Path, run_id: str) -> None:
    task = PodOperator(
        task_id="work", zone=Zone.model_validate(FULL_ZONE), settings=settings_of(folder), image="assay/loader",
        command=["x"],
    )  # fmt: skip
    context: Any = {"run_id": run_id, "conn": Poison(), "ti": SimpleNamespace()}
    for _ in range(2):
        task.render_template_fields(context)
    assert given(task)["env"]["ASSAY_RUN_ID"] == run_id
    assert tuple(task.template_fields) == (*FIELDS, *SHOWN), "what the task's page shows"


def settings_of(folder: Path) -> Any:
    from assay import settings

    return settings.load(folder)


def test_every_operator_of_every_dag_renders_our_constants_alone(root: Path, folder: Path) -> None:
    import importlib.util

    tasks = 0
    for file in sorted(folder.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"marks_{file.stem}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for task in module.dag.tasks:
            tasks += 1
            assert tuple(task.template_fields) in ((), FIELDS), f"{file.name}: {task.task_id}"
            for field in task.template_fields:
                assert getattr(task, field).items() <= TEMPLATES.items()
        rendered(module.dag)
    assert tasks > 40


@pytest.mark.parametrize("name", [*FILE_NAMES, "flüge"])
def test_a_model_of_any_name_is_an_asset(name: str) -> None:
    uri = assets.node("flights", "gold", name).uri
    assert uri.isascii()
    assert unquote(uri) == f"x-assay://flights/gold/{name}"
