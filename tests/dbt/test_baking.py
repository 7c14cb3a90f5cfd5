"""The baked image: what a pod need not do any more, and what may not be baked twice."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from assay.settings import load
from assay.transform.factory import dbt_pod
from assay.zones import load_zone
from local.emulators.common import files
from local.platform import dbt_image
from tests.plugins.assay.marks import MARKS
from tools.runtime.layout import Layout

from .conftest import ZONES, Pod, Warehouse, connection_environment

NOTHING_PARSED = "Partial parsing enabled: 0 files deleted, 0 files added, 0 files changed."
PARSED_AGAIN = re.compile(r"Unable to do partial parsing because|Partial parsing enabled: .* [1-9]\d* files")


@pytest.fixture
def pod(executed_pod: Pod) -> Pod:
    """Executed, because here it matters what an image's program does by itself."""
    return executed_pod


@pytest.mark.parametrize(
    ("zone", "run_id"), zip(ZONES, ["scheduled__2013-01-03", "manual__2026-11-26T01:02:03+00:00"], strict=True)
)
def test_a_pod_parses_nothing_whatever_run_it_belongs_to(root: Path, pod: Pod, zone: str, run_id: str) -> None:
    """Its environment is the one the DAG's task gives it: zone, model, run and commit, and where the parse lies."""
    run = pod(zone, "--debug", "ls", "--select", "fct_legs", **environment_of_task(root, zone, run_id))
    assert run.code == 0, run.output
    assert NOTHING_PARSED in run.output
    assert "Nothing changed, skipping partial parsing." in run.output


def test_a_pod_may_have_any_number_of_threads(pod: Pod) -> None:
    run = pod("flights", "--debug", "ls", "--select", "fct_legs", ASSAY_DBT_THREADS="7")
    assert "Nothing changed, skipping partial parsing." in run.output


@pytest.mark.parametrize("changed", ["SNOWFLAKE_USER", "ASSAY_ENV"])
def test_a_pod_with_another_connection_parses_again(pod: Pod, changed: str) -> None:
    run = pod("flights", "--debug", "ls", "--select", "fct_legs", **{changed: "other"})
    assert "Nothing changed, skipping partial parsing." not in run.output
    assert PARSED_AGAIN.search(run.output), run.output


def test_every_statement_of_a_node_says_zone_node_run_and_commit(pod: Pod, warehouse: Warehouse) -> None:
    run_id = "manual__it's_7 " + " ".join(mark for mark in MARKS if "\0" not in mark)
    identity = {"ASSAY_RUN_ID": run_id, "ASSAY_COMMIT": "c0ffee"}
    run = pod(
        "weather",
        "build",
        "--indirect-selection",
        "cautious",
        "--select",
        "source:weather_approved",
        "weather_readings",
        **identity,
    )
    assert run.code == 0, run.output
    history = warehouse.query(
        "select query_tag, query_text from snowflake.account_usage.query_history "
        "where user_name = 'LOCAL_WEATHER_TRANSFORMER' and query_tag ilike '%manual__it''s_7%'"
    )
    tags = [json.loads(tag) for tag, _ in history]
    expected = {"app": "assay", "zone": "weather", "run": run_id, "commit": "c0ffee"}
    assert tags
    assert all(expected.items() <= tag.items() for tag in tags)
    made = [json.loads(tag)["node"] for tag, text in history if "create or replace" in text.lower()]
    assert made == ["weather_readings"]


def environment_of_task(root: Path, zone: str, run_id: str) -> dict[str, str]:
    """What a dbt task of the DAG puts into its pod, with its templates filled in."""
    found = load_zone(root / "dags" / "zones" / zone)
    task = dbt_pod(found, load(root / "dags", "local"), "run", ("dbt", "run"))
    return {**dict(task.env_vars), "ASSAY_RUN_ID": run_id}


def test_a_model_that_the_image_does_not_know_is_no_success(pod: Pod) -> None:
    """dbt itself says that there is nothing to do, and ends with 0."""
    run = pod("flights", "run", "--select", "assay.flights.silver.of_a_newer_manifest")
    assert run.code != 0
    assert "does not match any enabled nodes" in run.output


def test_a_pod_of_a_zone_that_was_not_baked_parses_the_project_itself(pod: Pod) -> None:
    """dbt itself refuses to start when the file is missing."""
    run = pod(
        "flights", "ls", "--select", "fct_legs", DBT_PARTIAL_PARSE_FILE_PATH="target/new_zone/partial_parse.msgpack"
    )
    assert run.code == 0, run.output
    assert "target/new_zone/partial_parse.msgpack is not in this image: the project is parsed" in run.output
    assert "assay.flights.silver.fct_legs" in run.output


def test_the_program_leaves_the_collector_on_and_out_of_the_way(image: dict[str, Any]) -> None:
    program = image["path"][0]
    script = f"import gc, runpy, sys; sys.path.insert(0, {program!r}); runpy.run_path({program + '/dbt'!r}); "
    script += "print(gc.isenabled(), gc.get_threshold()[0], gc.get_freeze_count() > 100_000)"
    said = subprocess.run([image["preload"]["python"], "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["True", "500000", "True"]


def test_target_and_profile_may_be_said_on_the_command_line(pod: Pod) -> None:
    run = pod("flights", "--debug", "ls", "--select", "fct_legs", "--profile", "assay", "--target", "zone")
    assert "Nothing changed, skipping partial parsing." in run.output


def test_a_pod_writes_only_to_its_own_tmp(pod: Pod, image: dict[str, Any]) -> None:
    before = tree(Path(image["workdir"]))
    assert pod("flights", "compile", "--select", "dim_airports", "--no-introspect").code == 0
    assert tree(Path(image["workdir"])) == before


def tree(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_baking_again_changes_nothing(layout: Layout, image: dict[str, Any], warehouse_port: int) -> None:
    images = layout.state / "images" / "assay" / "dbt"
    before = tree(images)
    connections = {zone: connection_environment(zone, warehouse_port) for zone in ZONES}
    dbt_image.bake(layout.state, connections, manifest=layout.state / "manifest.json")
    assert tree(images) == before


def test_a_changed_connection_makes_a_new_image_beside_the_one_in_use(
    layout: Layout, image: dict[str, Any], tmp_path: Path
) -> None:
    images = tmp_path / "images" / "assay" / "dbt"
    shutil.copytree(layout.state / "images" / "assay" / "dbt", images)
    description = images / "image.json"
    description.write_text(description.read_text().replace(str(layout.state), str(tmp_path)))
    dbt_image.bake(tmp_path, {"flights": connection_environment("flights", 1)}, manifest=tmp_path / "manifest.json")
    newest = Path(files.read_json(description)["workdir"]).parent
    in_use = Path(image["workdir"]).parent.name
    assert {path.name for path in images.iterdir() if path.is_dir()} == {newest.name, in_use}
    assert newest.name != in_use
    assert files.read_json(newest / "zones.json")["flights"]["SNOWFLAKE_PORT"] == "1"


@pytest.mark.wide
def test_a_project_that_does_not_parse_is_refused_with_dbts_reason(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("dbt", "images/dbt"):
        shutil.copytree(root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("target", "logs"))
    model = tmp_path / "dbt" / "models" / "flights" / "silver" / "spy.sql"
    model.write_text("select * from {{ ref('hourly_observations') }}")
    monkeypatch.setattr(dbt_image, "ROOT", tmp_path)
    with pytest.raises(dbt_image.BakeError, match="private to the 'weather' group"):
        dbt_image.bake(tmp_path / "state", {"flights": connection_environment("flights", 1)}, tmp_path / "m.json")
    assert not (tmp_path / "state" / "images" / "assay" / "dbt" / "image.json").exists()


def test_warming_up_leaves_nothing_that_a_pod_could_notice_or_wait_for(image: dict[str, Any]) -> None:
    """A fork of a process with threads may hang, and a module missing from the list is imported by every pod."""
    said = warmed(image, "print(os.environ == environment, os.getcwd() == folder)",
                  "print(resource_tracker._resource_tracker._pid, len(FACTORY.adapters))",
                  "print(any('PRIVATE_KEY' in name for name in os.environ))",
                  "before = set(sys.modules)", "from dbt.task.build import BuildTask",
                  "from dbt.task.test import TestTask", "print(threading.active_count())",
                  "print(len(set(sys.modules) - before))",
                  "import dbt_results; print(*dbt_results.LOADED)")  # fmt: skip
    assert said[:7] == ["True", "True", "None", "0", "False", "1", "0"]
    assert said[7:] == [f"target/{zone}/partial_parse.msgpack" for zone in ZONES]


def test_a_pod_forked_from_the_warm_process_reads_the_parse_for_half(image: dict[str, Any]) -> None:
    used = {}
    for way, script in (("imports", None), ("imports and script", image["preload"]["script"])):
        said = warmed(image, "began = time.process_time()",
                      "parse = pathlib.Path('target/flights/partial_parse.msgpack').read_bytes()",
                      "Manifest.from_msgpack(parse)",
                      "print(time.process_time() - began)", script=script)  # fmt: skip
        used[way] = float(said[0])
    assert used["imports and script"] < used["imports"] / 2, used


def warmed(image: dict[str, Any], *lines: str, script: str | None = "") -> list[str]:
    """What `lines` print in a process that has been warmed as the node warms it; without its script if that is None."""
    preload = image["preload"]
    program = (
        "import importlib, os, pathlib, runpy, sys, threading, time",
        "from multiprocessing import resource_tracker",
        "environment, folder = dict(os.environ), os.getcwd()",
        "for name in sys.argv[2:]: importlib.import_module(name)",
        "if sys.argv[1]: runpy.run_path(sys.argv[1], run_name='__main__')",
        "from dbt.adapters.factory import FACTORY",
        "from dbt.contracts.graph.manifest import Manifest",
        *lines,
    )
    script = preload["script"] if script == "" else script or ""
    environment = {name: value.replace("{tmp}", "/nowhere") for name, value in image["env"].items()}
    done = subprocess.run(
        [preload["python"], "-c", "\n".join(program), script, *preload["modules"]],
        capture_output=True, text=True, check=True, cwd=image["workdir"], env=os.environ | environment,
    )  # fmt: skip
    assert "without its parse" not in done.stderr
    return done.stdout.split()
