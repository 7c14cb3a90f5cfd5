"""Every way round a failed test, tried with dbt itself: what dbt records of its nodes, and what it refuses to build."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from assay.dbt_graph.digests import Digests
from assay.fitness import checked_graph, unfit
from assay.fitness.ledger import read_results
from assay.warehouse import ConnectionWarehouse
from assay.zones import ZoneNames

from .conftest import Pod, Run, Warehouse

GOLD = "model.fit.fit_gold"
PROJECT = {
    "dbt_project.yml": """\
name: fit
version: "1.0.0"
profile: assay
query-comment: null
on-run-start: "{{ record_start() }}"
on-run-end: "{{ record_end(results) }}"
data_tests: {fit: {+store_failures: true}}
""",
    "models/flights/bronze/fit_raw.sql": """\
{{ config(materialized='view') }} select number from LOCAL_FLIGHTS.BRONZE.FIT_NUMBERS
""",
    "models/flights/silver/fit_even.sql": "{{ config(materialized='table') }} select number from {{ ref('fit_raw') }}",
    "models/flights/silver/fit_hidden.sql": """\
{{ config(materialized='ephemeral') }} select * from {{ ref('fit_even') }}
""",
    "models/flights/silver/fit_apart.sql": "{{ config(materialized='table') }} select 1 as number, 'a b' as text",
    "seeds/flights/fit_seed.csv": "number\n1\n",
    "models/flights/gold/fit_gold.sql": """\
{{ config(materialized='table') }}
select count(*) as numbers from {{ ref('fit_hidden') }}
""",
    "models/flights/gold/fit_reads_apart.sql": """\
{{ config(materialized='table') }} select * from {{ ref('fit_apart') }}
""",
    "models/flights/fit.yml": """\
models:
  - name: fit_raw
    columns: [{name: number, data_tests: [not_null: {name: fit_numbers_are_there}]}]
  - name: fit_even
    columns:
      - name: number
        data_tests:
          - unique: {name: fit_numbers_are_unique}
          - accepted_values: {name: fit_numbers_are_small, arguments: {values: [1, 2]}, config: {severity: warn}}
  - name: fit_gold
    columns: [{name: numbers, data_tests: [not_null: {name: fit_count_is_there}]}]
unit_tests:
  - name: fit_counts
    model: fit_gold
    given: [{input: ref('fit_hidden'), format: sql, rows: "select 1 as number union all select 2 as number"}]
    expect: {rows: [{numbers: 2}]}
""",
    "tests/flights/rules/fit_apart_is_one.sql": """\
select * from {{ ref('fit_apart') }} as apart
inner join {{ ref('fit_even') }} as even on apart.number = even.number and apart.number = -1
""",
}


class Zone:
    """The flights zone with a small project of its own, built and tested step by step as tasks would."""

    def __init__(self, folder: Path, pod: Pod, warehouse: Warehouse) -> None:
        self.folder, self._pod, self.warehouse = folder, pod, warehouse

    def dbt(self, *arguments: str, run: str = "run1", **more: str) -> Run:
        return self._pod(
            "flights", *arguments, DBT_PROJECT_DIR=str(self.folder), DBT_PARTIAL_PARSE="false", ASSAY_RUN_ID=run, **more
        )

    def numbers(self, *numbers: int | None) -> None:
        values = ", ".join(f"({'null' if number is None else number})" for number in numbers)
        self.warehouse.query(
            f"create or replace table LOCAL_FLIGHTS.BRONZE.FIT_NUMBERS as select column1 as number from values {values}"
        )
        self.warehouse.query("grant select on table LOCAL_FLIGHTS.BRONZE.FIT_NUMBERS to role LOCAL_FLIGHTS_TRANSFORMER")

    def unfit(self, run: Run) -> list[str]:
        """What the platform's own rule says of what gold is built from."""
        graph = checked_graph(manifest_of(run), "flights")
        with self.warehouse.connect() as connection:
            results = read_results(ConnectionWarehouse(connection), ZoneNames("local", "flights"))
        return [each.sentence for each in unfit(graph, results, {}, of=graph.nodes[GOLD].parents)]

    def gold_is_refused(self, run: str = "form") -> str:
        """dbt's words when it refuses to build gold, empty when it builds. The platform's rule says the same."""
        built = self.dbt("run", "--select", "fit_gold", run=run)
        said = self.unfit(self.dbt("ls", run=run))
        assert bool(built.code) == bool(said), (built.output, said)
        assert not built.code or "Nothing is built from what is unfit" in built.output, built.output
        return built.output if built.code else ""


def manifest_of(run: Run) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((run.folder / "target" / "manifest.json").read_text())
    return content


@pytest.fixture(scope="module")
def zone(root: Path, tmp_path_factory: pytest.TempPathFactory, pod: Pod, warehouse: Warehouse) -> Zone:
    folder = tmp_path_factory.mktemp("fit")
    for name, content in PROJECT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    shutil.copytree(root / "dbt" / "macros" / "platform", folder / "macros")
    zone = Zone(folder, pod, warehouse)
    warehouse.cut_candidate("flights")
    zone.numbers(1, 2)
    built = zone.dbt("build")
    assert built.code == 0, built.output
    return zone


def recorded(zone: Zone, node: str) -> list[Any]:
    return zone.warehouse.query(
        "select status, run_id from LOCAL_FLIGHTS.LEDGER.NODE_RESULTS "
        f"where node_id like '%.{node}%' order by happened_at, status desc"
    )


def test_each_attempt_is_recorded_from_its_beginning(zone: Zone) -> None:
    assert recorded(zone, "fit_even") == [("started", "run1"), ("success", "run1")]
    assert recorded(zone, "fit_numbers_are_unique") == [("started", "run1"), ("pass", "run1")]
    assert recorded(zone, "fit_gold.fit_counts")[-1] == ("pass", "run1")
    assert recorded(zone, "fit_hidden") == []
    assert zone.gold_is_refused() == ""


def test_a_failed_test_holds_gold_back_whoever_asks(zone: Zone) -> None:
    zone.numbers(1, 1)
    assert zone.dbt("run", "--select", "fit_even", run="run2").code == 0
    refusal = zone.gold_is_refused()
    assert "silver.fit_even was built after its test fit_numbers_are_unique" in refusal
    assert zone.dbt("test", "--select", "fit_even", "--indirect-selection", "cautious", run="run2").code == 1
    for command in (("run",), ("run", "--full-refresh"), ("build",)):
        refused = zone.dbt(*command, "--select", "fit_gold", run="form")
        assert refused.code != 0
        assert "silver.fit_even failed its test fit_numbers_are_unique at " in refused.output
        assert "in run run2" in refused.output
        assert not zone.dbt("ls", run="form").code
    assert "failed its test" in zone.gold_is_refused()
    zone.numbers(1, 3)
    assert zone.dbt("run", "--select", "fit_even").code == 0
    assert zone.gold_is_refused(), "built since without its test"
    warned = zone.dbt("test", "--select", "fit_even", "--indirect-selection", "cautious")
    assert warned.code == 0, warned.output
    assert recorded(zone, "fit_numbers_are_small")[-1][0] == "warn"
    assert "fit_apart_is_one" in zone.gold_is_refused(), "a test over two models of the layer waits for both"
    assert zone.dbt("test", "--select", "fit_apart_is_one").code == 0
    assert zone.gold_is_refused() == ""


def test_a_build_that_failed_or_was_killed_holds_gold_back(zone: Zone) -> None:
    zone.warehouse.query(
        "insert into LOCAL_FLIGHTS.LEDGER.NODE_RESULTS (node_id, status, invocation_id, run_id, happened_at) "
        "select 'model.fit.fit_even', 'started', 'killed', 'run3', sysdate()"
    )
    assert "silver.fit_even was being built, and nothing says how that ended, at " in zone.gold_is_refused()
    model = zone.folder / "models/flights/silver/fit_even.sql"
    whole = model.read_text()
    model.write_text("{{ config(materialized='table') }} select nothing_of_that_name from {{ ref('fit_raw') }}")
    assert zone.dbt("build", run="run4").code == 1  # a layer's pod: what reads it is skipped
    assert recorded(zone, "fit_gold.")[-1][0] in ("skipped", "pass")
    assert "silver.fit_even could not be built" in zone.gold_is_refused()
    model.write_text(whole)
    assert zone.gold_is_refused()
    built = zone.dbt("build", run="run5")
    assert built.code == 0, built.output
    assert zone.gold_is_refused() == ""


def test_dbt_records_the_digests_that_the_platform_makes_of_the_manifest(zone: Zone) -> None:
    run = zone.dbt("build", run="digests")
    assert run.code == 0, run.output
    manifest = manifest_of(run)
    made = Digests(manifest)
    recorded = dict(
        zone.warehouse.query(
            "select node_id, max(checksum) from LOCAL_FLIGHTS.LEDGER.NODE_RESULTS where run_id = 'digests' group by 1"
        )
    )
    built = {id for id, node in manifest["nodes"].items() if node["resource_type"] != "operation"}
    expected = (built | set(manifest["unit_tests"])) - {"model.fit.fit_hidden"}
    assert recorded == {node: made.of(node) for node in expected}


CHANGED = {
    "a blank in a literal": ("models/flights/silver/fit_apart.sql", "'a b'", "'a  b'"),
    "a macro": ("macros/union_by_name.sql", "-%}", "-%}{#- Another. -#}"),
}
"""As many as show that dbt asks its ledger; test_digests.py has what else is a change."""


@pytest.mark.parametrize("name", CHANGED)
def test_what_has_changed_has_to_be_built_or_tested_again(zone: Zone, name: str) -> None:
    file, before, after = CHANGED[name]
    path = zone.folder / file
    whole = path.read_text()
    assert before in whole
    path.write_text(whole.replace(before, after, 1))
    refused = zone.dbt("run", "--select", "fit_gold", "fit_reads_apart", run="form")
    path.write_text(whole)
    assert refused.code != 0, refused.output
    assert " has changed since it was built" in refused.output or "since that was changed" in refused.output


def test_the_same_again_is_no_change(zone: Zone) -> None:
    assert zone.gold_is_refused() == ""


def test_a_review_builds_beside_it_and_leaves_the_ledger_alone(zone: Zone) -> None:
    before = recorded(zone, "fit_")
    zone.dbt("test", "--select", "fit_raw", ASSAY_REVIEW="MR_1")
    assert recorded(zone, "fit_") == before
