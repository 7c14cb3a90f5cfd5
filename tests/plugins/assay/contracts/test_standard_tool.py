"""The standard's own tool reads our contracts, and counts on random loads what we count (LND-6).

The loads do not go where the two differ by design: equal rows of a key are one row here and two there. Two rules of one
metric on one column, or two exclusive bounds, end datacontract-cli 1.2.8's query with an error.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.contracts import Contract
from assay.contracts.approval import ContractBreach, approve_load
from assay.contracts.contract import Kind
from assay.contracts.reader import read_contract
from assay.ingestion.landing import Folder, land_files
from tests.plugins.assay.contracts.landing_ways import csv_file
from tests.plugins.assay.embedded import Embedded, ZoneOnTrial

pytestmark = pytest.mark.core
LOADS = int(os.environ.get("ASSAY_STANDARD_LOADS", "8"))
Answer = list[dict[str, Any]]
Ask = Callable[[Sequence[tuple[str, str]]], list[Answer]]
Row = Mapping[str, str | None]
TYPES = {
    "integer": ("NUMBER(38,0)", "integer"), "number": ("NUMBER(9,2)", "number"), "text": ("VARCHAR", "string"),
    "date": ("DATE", "date"), "flag": ("BOOLEAN", "boolean"),
}  # fmt: skip
VALUES: Mapping[str, Callable[[random.Random], str]] = {
    "integer": lambda dice: str(dice.randint(-3, 12)),
    "number": lambda dice: f"{dice.randint(-300, 1200) / 100:.2f}",
    "text": lambda dice: "".join(dice.choices("abcXY 1é", k=dice.randint(1, 6))).strip() or "a",
    "date": lambda dice: f"2013-0{dice.randint(1, 3)}-1{dice.randint(0, 9)}",
    "flag": lambda dice: dice.choice(["true", "false"]),
}
PATTERNS = ["^[a-c]+$", "^a", "X", "[0-9]$", "^.{2,3}$", "a.*b"]


@pytest.fixture(scope="session")
def ask(env_python: Callable[[str], Path]) -> Ask:
    def asked(questions: Sequence[tuple[str, str]]) -> list[Answer]:
        done = subprocess.run(
            [env_python("datacontract"), Path(__file__).with_name("standard_tool.py")],
            input=json.dumps(questions), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        answers: list[Answer] = json.loads(done.stdout)
        return answers

    return asked


@pytest.fixture(scope="module")
def zone(embedded: Embedded) -> Iterator[ZoneOnTrial]:
    with embedded.zone("weather") as made:
        yield made


def test_every_contract_of_the_repository_is_valid_to_the_standard_s_own_tool(
    root: Path, ask: Ask, tmp_path: Path
) -> None:
    paths = sorted((root / "dags/zones").glob("*/contracts/*.odcs.yaml"))
    wrong = tmp_path / "wrong.odcs.yaml"
    wrong.write_text(paths[0].read_text().replace("required: true", "required: maybe", 1))
    *answers, refused = ask([("lint", str(path)) for path in (*paths, wrong)])
    assert len(answers) >= 4
    assert {check["name"] for answer in answers for check in answer} == {"Data contract is valid against ODCS v3.2.0"}
    assert {check["result"] for answer in answers for check in answer} == {"passed"}
    assert "passed" not in {check["result"] for check in refused}, "the tool refuses what is none"


@dataclass(frozen=True)
class RandomLoad:
    document: dict[str, Any]
    rows: list[Row]

    @property
    def table(self) -> str:
        return str(self.document["schema"][0]["name"])

    @property
    def text(self) -> str:
        return yaml.safe_dump(self.document, sort_keys=False)

    @property
    def columns(self) -> list[str]:
        return [column["name"] for column in self.document["schema"][0]["properties"]]


def random_load(seed: int) -> RandomLoad:
    dice = random.Random(seed)
    columns = [_column(dice, f"c{index}", dice.choice(list(TYPES))) for index in range(dice.randint(3, 6))]
    key = {"name": "id", "description": "x", "physicalType": "NUMBER(38,0)", "logicalType": "integer",
           "primaryKey": True, "required": True}  # fmt: skip
    number = dice.randint(5, 60)
    rows: list[Row] = []
    kinds = {column["name"]: _kind_of(column) for column in columns}
    for identity in range(number):
        filled = {name: VALUES[kind](dice) if dice.random() < 0.9 else None for name, kind in kinds.items()}
        rows.append({"id": str(identity), **filled})
    numeric = [name for name, kind in kinds.items() if kind == "integer"]
    quality: list[dict[str, Any]] = [{"name": "rows", "metric": "rowCount", **_bound(dice, number)}]
    quality.append({"name": "pairs", "metric": "duplicateValues", "mustBe": 0,
                    "arguments": {"properties": dice.sample(list(kinds), 2)}})  # fmt: skip
    if numeric:
        query = f"select count(*) from ${{object}} where {numeric[0]} > 3"
        quality.append({"name": "asked", "type": "sql", "query": query, **_bound(dice, 10)})
    table = {"name": f"things_{seed}", "properties": [key, *columns], "quality": quality}
    return RandomLoad(
        {"apiVersion": "v3.2.0", "kind": "DataContract", "id": f"things-{seed}", "version": "1.0.0", "status": "active",
         "schema": [table]},
        rows,
    )  # fmt: skip


def _kind_of(column: Mapping[str, Any]) -> str:
    return next(kind for kind, (physical, _) in TYPES.items() if physical == column["physicalType"])


def _bound(dice: random.Random, about: int) -> dict[str, Any]:
    low = dice.randint(0, about)
    return dice.choice([
        {"mustBe": low}, {"mustNotBe": low}, {"mustBeGreaterThan": low}, {"mustBeGreaterOrEqualTo": low},
        {"mustBeLessThan": low + 1}, {"mustBeLessOrEqualTo": low}, {"mustBeBetween": [low, low + 5]},
        {"mustNotBeBetween": [low, low + 5]},
    ])  # fmt: skip


def _column(dice: random.Random, name: str, kind: str) -> dict[str, Any]:
    physical, logical = TYPES[kind]
    column: dict[str, Any] = {"name": name, "description": "x", "physicalType": physical, "logicalType": logical}
    column |= {"required": dice.random() < 0.4, "unique": kind != "flag" and dice.random() < 0.3}
    options: dict[str, Any] = {}
    if kind in ("integer", "number") and dice.random() < 0.7:
        low, high = sorted(dice.sample(range(-2, 11), 2))
        options = dict(dice.sample([("minimum", low), ("maximum", high)], dice.randint(1, 2)))
    elif kind == "text":
        options = {"minLength": dice.randint(1, 3), "maxLength": dice.randint(3, 6), "pattern": dice.choice(PATTERNS)}
        options = dict(dice.sample(sorted(options.items()), dice.randint(0, 3)))
    if options:
        column["logicalTypeOptions"] = options
    quality = _quality(dice, name, kind)
    if kind == "text" and not any("validValues" in rule.get("arguments", {}) for rule in quality):
        column["enum"] = [{"value": value} for value in dice.sample(["a", "b", "ab", "X", "cc", "1"], 3)]
    if quality:
        column["quality"] = quality
    return column


def _quality(dice: random.Random, name: str, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": f"{name}.nulls", "metric": "nullValues", **_bound(dice, 5)},
        {"name": f"{name}.twice", "metric": "duplicateValues", "mustBeLessThan": dice.randint(1, 9)},
    ]
    if kind in ("integer", "text"):
        values: list[Any] = [1, 2, 3, 5] if kind == "integer" else ["a", "b", "XX", "c1"]
        found += [
            {"name": f"{name}.invalid", "metric": "invalidValues", "arguments": {"validValues": values}, "mustBe": 0},
            {"name": f"{name}.missing", "metric": "missingValues", "arguments": {"missingValues": values[:2]},
             **_bound(dice, 8)},
        ]  # fmt: skip
    if dice.random() < 0.5:
        found[0] |= {"unit": "percent"}
    return dice.sample(found, dice.randint(0, len(found)))


THEIRS = {
    "field_required": "{field}.required", "field_unique": "{field}.unique", "field_minimum": "{field}.minimum",
    "field_maximum": "{field}.maximum", "field_min_length": "{field}.shortest",
    "field_max_length": "{field}.longest", "field_regex": "{field}.pattern", "field_enum": "{field}.accepted",
    "field_null_values": "{field}.nulls", "field_duplicate_values": "{field}.twice",
    "field_invalid_values": "{field}.invalid", "field_missing_values": "{field}.missing", "row_count": "rows",
    "model_duplicate_values": "pairs", "model_quality_sql": "asked",
}  # fmt: skip
"""Their checks, and our rules' names for them."""
OTHERS = {"field_is_present", "field_primary_key_unique", "field_type"}
"""What our rules say otherwise: files have the columns, keys may come twice with equal values, types are text's."""


def theirs(answer: Answer) -> dict[str, tuple[bool, float]]:
    """By our rules' names: whether it holds, and what was counted."""
    found = {}
    for check in answer:
        if check["type"] not in OTHERS:
            assert check["result"] in ("passed", "failed"), check
            assert check["diagnostics"], check
            counted = check["diagnostics"]
            number = counted["failed_rows"] if check["type"] in ("field_unique", "model_duplicate_values") else None
            name = THEIRS[check["type"]].format(field=check["field"])
            found[name] = check["result"] == "passed", float(counted["value"] if number is None else number)
    return found


def ours(zone: ZoneOnTrial, load: RandomLoad, contract: Contract) -> dict[str, tuple[bool, float]]:
    zone.drop(f"{load.table}/rows.csv", csv_file(load.columns, load.rows))
    landed = zone.load("run-1", load.table, load.table)
    land_files(zone.warehouse, landed, load.columns, Folder(f"{load.table}/"))
    with contextlib.suppress(ContractBreach):
        approve_load(zone.warehouse, landed, contract)
    results = zone.rows(f"select * from {{ledger}}.check_results where load_id = '{landed.id}'")
    rules = {rule.name: rule for rule in contract.rules}
    found = {}
    for result in results:
        rule = rules.get(result["rule"])
        if rule is None or rule.kind in (Kind.TYPE, Kind.KEY):
            continue
        number = float(result["breaches"])
        if not rule.kind.names_rows:
            number = float(result["sentence"].partition(" is ")[2].partition(",")[0])
        found[rule.name] = result["held"], number
    return found


def test_our_result_of_each_rule_is_the_standard_s_tool_s_on_random_loads(
    zone: ZoneOnTrial, ask: Ask, tmp_path: Path
) -> None:
    loads = [random_load(seed) for seed in range(LOADS)]
    questions = []
    for load in loads:
        data, file = tmp_path / f"{load.table}.csv", tmp_path / f"{load.table}.odcs.yaml"
        data.write_bytes(csv_file(load.columns, load.rows))
        server = {"server": "files", "type": "local", "path": str(data), "format": "csv"}
        file.write_text(yaml.safe_dump({**load.document, "servers": [server]}, sort_keys=False))
        questions.append(("test", str(file)))
    compared, broken = 0, 0
    for load, answer in zip(loads, ask(questions), strict=True):
        contract = read_contract(load.text, load.table, f"{load.table}.odcs.yaml")
        expected, found = theirs(answer), ours(zone, load, contract)
        # A key is required, too, and with it its own rule.
        assert found.keys() == expected.keys(), load.text
        for name, (held, number) in expected.items():
            assert found[name][0] == held, (name, expected[name], found[name], load.text)
            assert found[name][1] == pytest.approx(number, abs=1e-6), (name, expected[name], found[name], load.text)
        compared += len(expected)
        broken += sum(not held for held, _ in expected.values())
    assert compared >= 8 * LOADS, "too little was compared"
    assert compared > broken >= LOADS, "rules hold and are broken"
