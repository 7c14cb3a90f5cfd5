"""The table of `followed`: every carrier has its row, every row its tests, and no sink is forgotten."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from airflow.serialization.serialized_objects import DagSerialization

from tests.plugins.assay import test_carriers
from tests.plugins.assay.followed import CONTRACT_FILE, FORMS, SINKS, TABLE, ZONE_FILE
from tests.plugins.assay.marks import Path as Place
from tests.plugins.assay.marks import found, put
from tests.plugins.assay.test_text import FULL_ZONE, accepted_texts, dag_of, folder, write

__all__ = ["folder"]


@pytest.mark.parametrize("carrier", TABLE)
def test_each_sink_of_a_carrier_has_its_test(carrier: str) -> None:
    assert TABLE[carrier]
    assert TABLE[carrier].keys() <= {*SINKS}
    for where in TABLE[carrier].values():
        file, name = where.split("::")
        tree = ast.parse((Path(__file__).parent / file).read_text())
        assert name in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)], where


def test_every_sink_is_looked_into() -> None:
    assert {sink for sinks in TABLE.values() for sink in sinks} == {*SINKS}


def named(place: Place) -> str:
    return ".".join(str(part) for part in place if not isinstance(part, int))


def test_each_text_of_a_zone_file_has_its_row_and_reaches_what_the_row_says(folder: Path) -> None:
    """A word of its own in each text; then pods and pages are searched for all of them."""
    accepted = {place for place in accepted_texts(write(folder, FULL_ZONE)) if place[-1] != "null_if"}
    with_rows = {named(place) for place in accepted} | {"sources.null_if"}
    assert with_rows == ZONE_FILE.keys(), "a text has no row in ZONE_FILE of followed.py, or a row no text"
    document, words = FULL_ZONE, {}
    for number, place in enumerate(sorted(accepted, key=str)):
        if place[-1] == "day":
            continue  # it is SQL, and checked as SQL
        words[place] = f"word{number}x"
        value: Any = f"https://{words[place]}.example/" if place == ("runbook",) else words[place]
        if place[-1] == "command":
            value = [value]
        elif place[-2:-1] == ("command",):
            document = put(document, place[:-1], [f"{each}" for each in found(FULL_ZONE, place[:-1])])
        document = put(document, place, value)
    for number, place in enumerate([("sources", 1, "null_if", 0), ("sources", 3, "null_if", 0)]):
        words[place] = f"null{number}x"
        document = put(document, place, words[place])
    dag = dag_of(folder, document)
    pods = [json.dumps(task.build_pod_request_obj(dry_run=True).to_dict(), default=str)
            for task in dag.tasks if hasattr(task, "build_pod_request_obj")]  # fmt: skip
    pages = json.dumps(DagSerialization.to_dict(dag))
    for place, word in words.items():
        if word not in json.dumps(document):
            continue  # an entry of the command that another one has replaced
        row = ZONE_FILE[named(place)]
        assert any(word in pod for pod in pods) == ("pod" in row), f"pod: {named(place)}"
        at_run_time = named(place) == "sources.command"  # the task's page shows it once the task runs
        assert at_run_time or (word in pages) == ("UI" in row), f"UI: {named(place)}"


def test_each_text_of_a_contract_and_each_field_of_a_form_has_its_row() -> None:
    assert {*CONTRACT_FILE} == test_carriers.CARRIED
    assert {name for _, name in test_carriers.FORMS} == FORMS.keys()
