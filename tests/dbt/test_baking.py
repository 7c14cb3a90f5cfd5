"""The baked image: what a pod need not do any more, and what may not be baked twice."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local import dbt_image, files
from local.layout import Layout

from .conftest import ZONES, Pod, connection_environment

NOTHING_PARSED = "Partial parsing enabled: 0 files deleted, 0 files added, 0 files changed."


@pytest.mark.parametrize("zone", ZONES)
def test_a_pod_parses_nothing(pod: Pod, zone: str) -> None:
    run = pod(zone, "--debug", "ls", "--select", "fct_legs", DBT_LOG_PATH="/tmp")
    assert run.code == 0, run.output
    assert NOTHING_PARSED in run.output
    assert "Nothing changed, skipping partial parsing." in run.output


def test_a_pod_with_another_connection_parses_again(pod: Pod) -> None:
    run = pod("flights", "--debug", "ls", "--select", "fct_legs", SNOWFLAKE_USER="SOMEBODY_ELSE")
    assert "profile has changed" in run.output
    assert "Nothing changed, skipping partial parsing." not in run.output


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


def test_a_changed_connection_makes_a_new_image_beside_the_one_in_use(tmp_path: Path) -> None:
    for port in (1, 2):
        connections = {"flights": connection_environment("flights", port)}
        dbt_image.bake(tmp_path, connections, manifest=tmp_path / "manifest.json")
    images = tmp_path / "images" / "assay" / "dbt"
    builds = [path for path in images.iterdir() if path.is_dir()]
    assert len(builds) == 2
    newest = Path(files.read_json(images / "image.json")["workdir"]).parent
    assert files.read_json(newest / "zones.json")["flights"]["SNOWFLAKE_PORT"] == "2"


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


def test_a_warm_fork_has_one_thread_and_finds_every_module_there(image: dict[str, Any]) -> None:
    """A fork of a process with threads may hang, and a module missing from the list is imported by every pod."""
    assert warmed(image, "before = set(sys.modules)", "from dbt.task.build import BuildTask",
                  "from dbt.task.test import TestTask", "print(threading.active_count())",
                  "print(len(set(sys.modules) - before))") == ["1", "0"]  # fmt: skip


def test_warming_up_leaves_nothing_that_a_pod_could_notice_or_reach(image: dict[str, Any]) -> None:
    said = warmed(image, "print(os.environ == environment, os.getcwd() == folder)",
                  "print(resource_tracker._resource_tracker._pid)", "print(len(FACTORY.adapters))",
                  "print(any('PRIVATE_KEY' in name for name in os.environ))")  # fmt: skip
    assert said == ["True", "True", "None", "0", "False"]


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
