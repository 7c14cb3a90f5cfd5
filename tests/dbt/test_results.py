"""What the image's dbt tells of each node it finishes, read from a pod's output as the platform reads it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assay.pods.results import NodeResult, ResultLines
from local.platform import dbt_image
from tests.local.emulators.kubernetes.conftest import Cluster

from .conftest import Pod, Run, Warehouse, connection_environment

PROJECT = {
    "dbt_project.yml": """\
name: small
version: "1.0.0"
profile: assay
query-comment: null
data_tests: {small: {+store_failures: true}}
""",
    "models/flights/bronze/told_raw.sql": "select 1 as id union all select 2 union all select 2",
    "models/flights/bronze/told_sources.yml": """\
sources:
  - name: approved
    database: LOCAL_FLIGHTS
    schema: BRONZE
    tables: [{name: src_planes}]
""",
    "models/flights/silver/told_hidden.sql": (
        "{{ config(materialized='ephemeral') }} select id from {{ ref('told_raw') }}"
    ),
    "models/flights/silver/told_built.sql": """\
{{ config(materialized='table') }}
select h.id from {{ ref('told_hidden') }} as h cross join (select count(*) from {{ source('approved', 'src_planes') }})
""",
    "models/flights/silver/told_broken.sql": "select nothing_of_that_name from {{ ref('told_raw') }}",
    "models/flights/silver/told_after.sql": "select * from {{ ref('told_broken') }}",
    "models/flights/silver/told.yml": """\
models:
  - name: told_built
    columns:
      - name: id
        data_tests:
          - unique: {name: told_ids_are_unique, config: {severity: warn}}
          - not_null: {name: told_ids_are_there}
          - accepted_values: {name: told_ids_are_one, arguments: {values: [1]}}
""",
}


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Path:
    """A small project of every outcome: built, looked through, broken, skipped; a test that passes, warns, fails."""
    for name, content in PROJECT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    shutil.copytree(root / "dbt" / "macros" / "platform", tmp_path / "macros")
    return tmp_path


@pytest.fixture
def build(project: Path, pod: Pod, warehouse: Warehouse) -> Callable[..., Run]:
    def run(*arguments: str) -> Run:
        return pod("flights", *arguments, DBT_PROJECT_DIR=str(project), DBT_PARTIAL_PARSE="false")

    return run


def reported(run: Run) -> dict[str, NodeResult]:
    lines = ResultLines()
    lines.read(run.output.splitlines())
    assert lines.complete, run.output
    return {node.name: node for node in lines.results().nodes}


def test_each_node_tells_what_became_of_it(build: Callable[..., Run], warehouse: Warehouse) -> None:
    run = build("build")
    assert run.code == 1, run.output
    nodes = reported(run)
    assert {name: node.status for name, node in nodes.items()} == {
        "told_raw": "success",
        "told_built": "success",
        "told_broken": "error",
        "told_after": "skipped",
        "told_ids_are_unique": "warn",
        "told_ids_are_there": "pass",
        "told_ids_are_one": "fail",
    }

    built = nodes["told_built"]
    assert (built.zone, built.layer, built.kind, built.materialized) == ("flights", "silver", "model", "table")
    assert built.rows == 3
    assert built.relation == "LOCAL_FLIGHTS.SILVER.TOLD_BUILT"
    # Through the ephemeral model to what it reads, and to the source.
    assert set(built.inputs) == {"LOCAL_FLIGHTS.BRONZE.TOLD_RAW", "LOCAL_FLIGHTS.BRONZE.SRC_PLANES"}
    assert built.warehouse == "snowflake://assay"
    assert "T" in built.started
    assert built.started < built.ended
    assert nodes["told_raw"].rows is None  # a view has none
    assert "invalid identifier" in nodes["told_broken"].message.lower()

    for name, failures in (("told_ids_are_unique", 1), ("told_ids_are_one", 1), ("told_ids_are_there", 0)):
        assert nodes[name].failures == failures
    assert warehouse.query(nodes["told_ids_are_unique"].query) == [(2, 2)]  # the value, and how often it is there
    assert nodes["told_ids_are_there"].query == ""


def test_other_commands_tell_nothing(pod: Pod) -> None:
    for command in (["ls", "--select", "fct_legs"], ["--version"]):
        run = pod("flights", *command)
        assert run.code == 0, run.output
        assert "assay-result" not in run.output


def test_a_run_without_nodes_says_so_and_a_wrong_argument_is_dbts_to_refuse(pod: Pod) -> None:
    assert reported(pod("flights", "run", "--select", "nothing_of_that_name")) == {}
    refused: Any = pod("flights", "run", "--no-such-option")
    assert refused.code == 2
    assert "No such option" in refused.output


@dataclass
class Node:
    """A node with the image of one zone, and nobody where its warehouse should be: no model is built."""

    cluster: Cluster
    environment: dict[str, str]

    @property
    def models(self) -> Path:
        (found,) = (self.cluster.folder / "images").rglob("models/flights/silver")
        return found

    def run(self, name: str, *command: str, **other: str) -> tuple[int, list[str]]:
        """A pod's exit code, and its log."""
        env = [{"name": key, "value": value} for key, value in {**self.environment, **other}.items()]
        ended = self.cluster.run(name, *command, image="assay/dbt:local", env=env)
        return ended.exit_code, self.cluster.logs(name).splitlines()


@pytest.fixture(scope="module")
def node(
    tmp_path_factory: pytest.TempPathFactory,
    root: Path,
    env_python: Callable[[str], Path],
    free_port: Callable[[], int],
) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("node")
    cluster = Cluster(env_python("platform"), root, folder, free_port())
    connection = connection_environment("flights", free_port())
    dbt_image.bake(folder, {"flights": connection}, manifest=folder / "manifest.json")
    environment = connection | {
        "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": "not needed",
        "DBT_PARTIAL_PARSE_FILE_PATH": "target/flights/partial_parse.msgpack",
    }
    cluster.start()
    yield Node(cluster, environment)
    cluster.stop()


def test_a_pod_that_is_forked_from_a_warm_process_tells_the_same_as_one_that_is_executed(node: Node) -> None:
    for name, before in (("forked", ()), ("executed", ("env",))):
        code, log = node.run(name, *before, "dbt", "run", "--select", "nothing_of_that_name")
        assert code == 2, log  # a selection of nothing is an error in this image
        assert log[-1] == 'assay-result {"end":0}', name
    listed = [
        node.run(name, *before, "dbt", "--quiet", "ls", "--output", "json", "--select", "+fct_legs+")
        for name, before in (("ls-forked", ()), ("ls-executed", ("env",)))
    ]
    assert listed[0] == listed[1]
    assert listed[0][0] == 0
    assert len(listed[0][1]) > 10


def test_a_fork_has_the_parse_that_fits_it_in_memory_and_no_other(node: Node) -> None:
    ls = ("dbt", "--quiet", "ls", "--resource-type", "model")
    _, baked = node.run("before", *ls)
    (node.models / "late.sql").write_text("select 1 as number")
    try:
        assert node.run("fits", *ls) == (0, baked)
        for name, arguments, other in (
            ("user", (), {"SNOWFLAKE_USER": "ANOTHER"}),
            ("vars", ("--vars", "{a: 1}"), {}),
            ("afresh", ("--no-partial-parse",), {}),
        ):
            code, log = node.run(name, *ls, *arguments, **other)
            assert (code, sorted(log)) == (0, sorted([*baked, "assay.flights.silver.late"])), name
    finally:
        (node.models / "late.sql").unlink()
