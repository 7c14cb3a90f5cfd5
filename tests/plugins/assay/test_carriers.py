"""The strings that come from outside, derived from the models that read them: a new one fails until it is followed.

What each of them does in a pod, in SQL, in a chat or on a page is tested where the table of followed.py says.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import io
import json
import pkgutil
import re
import typing
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.sdk import DAG
from airflow.sdk.bases.operator import BaseOperator
from airflow.sdk.exceptions import ParamValidationError
from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import BaseModel
from rich.table import Table

import assay
from assay.cli.common import UNSEEN, PlainConsole
from assay.contracts.reader import TASK, read_contract
from assay.dbt_graph.graph import Graph
from assay.errors import ConfigurationError
from assay.ingestion.window import WrongWindow, window_of
from assay.pods.run_values import FIELDS, SHOWN
from assay.run_params import FROM, TO
from assay.transform.model_selection import WrongChoice, not_chosen
from assay.zones import Zone
from tests.plugins.assay.followed import CONTRACT_FILE
from tests.plugins.assay.marks import MARKS, places
from tests.plugins.assay.test_text import FULL_ZONE

# -- zone.yml


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from models(inner)


def fields(model: type[BaseModel], seen: set[type[BaseModel]] | None = None) -> set[tuple[str, str]]:
    """Every field of a model of the platform's own and of all that it may hold: each alternative of a union."""
    seen = set() if seen is None else seen
    if model in seen or not model.__module__.startswith("assay."):
        return set()
    seen.add(model)
    found = {(model.__name__, name) for name in model.model_fields}
    for field in model.model_fields.values():
        for inner in models(field.annotation):
            found |= fields(inner, seen)
    return found


def test_every_field_of_a_zone_file_is_tried_with_marks() -> None:
    """`places` of the zone that test_text.py tries has every field of every model that a zone may be made of."""
    zone = Zone.model_validate(FULL_ZONE)
    tried = set()
    for path in places(zone):
        *above, name = path
        holder: Any = zone
        for part in above:
            holder = getattr(holder, str(part)) if isinstance(holder, BaseModel) else holder[part]
        if isinstance(holder, BaseModel):
            tried.add((type(holder).__name__, name))
    assert fields(Zone) - tried == set(), "add an example of it to FULL_ZONE in test_text.py"


# -- contracts

CARRIED = {*CONTRACT_FILE}


def texts(model: type[BaseModel], depth: int = 6) -> Iterator[tuple[tuple[str | int, ...], type]]:
    """Paths of the standard's model that hold a text, with 0 for the first entry of a list."""
    if not depth:
        return
    for name, field in model.model_fields.items():
        alias = field.alias or name
        steps: tuple[str | int, ...] = (alias, 0) if _is_list(field.annotation) else (alias,)
        inner = list(models(field.annotation))
        for each in inner:
            for path, kind in texts(each, depth - 1):
                yield (*steps, *path), kind
        if not inner and _holds_text(field.annotation):
            yield steps, str


def _is_list(annotation: Any) -> bool:
    return typing.get_origin(annotation) is list or any(_is_list(each) for each in typing.get_args(annotation))


def _holds_text(annotation: Any) -> bool:
    return annotation in (str, Any) or any(_holds_text(each) for each in typing.get_args(annotation))


def test_the_texts_that_a_contract_carries_are_known(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TASK, "x")  # the standard's own schema is asked elsewhere; here it would only take time
    document = yaml.safe_load((root / "dags/zones/weather/contracts/weather.odcs.yaml").read_text())
    tried, carried = 0, set()
    for path, _ in set(texts(OpenDataContractStandard)):
        token = f"tok{tried}en"
        tried += 1
        try:
            contract = read_contract(json.dumps(_put(document, path, token), default=str), "weather", "x")
        except ConfigurationError:
            continue
        if token in repr(contract).lower():
            carried.add(".".join(str(part) for part in path if part != 0))
    assert tried > 100
    assert carried <= CARRIED, "a text of a contract that goes somewhere: follow it in contracts/test_marks.py"
    assert {"schema.properties.description", "version"} <= carried


def _put(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy with a value at a path whose lists and mappings are made where they are not there."""
    copy = json.loads(json.dumps(document, default=str))
    inner = copy
    for part, following in pairwise(path):
        empty: Any = [] if following == 0 else {}
        if isinstance(inner, list):
            if not inner:
                inner.append(empty)
            inner = inner[0]
        else:
            inner = inner.setdefault(part, empty)
            if isinstance(inner, list) and following != 0:
                inner = inner[0]
    if isinstance(inner, list):
        inner[:] = [value]
    elif isinstance(inner, dict):
        inner[path[-1]] = value
    return copy


# -- forms

FORMS = {
    ("flights", "backfill_from"), ("flights", "backfill_to"), ("flights", "models"), ("flights", "full_refresh"),
    ("weather", "backfill_from"), ("weather", "backfill_to"), ("weather", "models"), ("weather", "full_refresh"),
    ("platform_rollback", "zone"), ("platform_rollback", "reason"),
    ("platform_publishing", "zone"), ("platform_publishing", "reason"), ("platform_publishing", "action"),
}  # fmt: skip
FREE = {"models": "list", "reason": "text", "backfill_from": "date", "backfill_to": "date"}
"""Fields that take more than the values of a list, with what reads them."""
HUGE = "x" * 100_000


@cache
def loaded(dags: Path) -> tuple[DAG, ...]:
    found = []
    for file in sorted(dags.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"form_{file.stem}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found.append(module.dag)
    return tuple(found)


@pytest.fixture(autouse=True)
def _local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_ENV", "local")


def accepted(dag: DAG, name: str, value: Any) -> bool:
    param = dag.params.get_param(name)
    try:
        param.resolve(value)
    except ParamValidationError:
        return False
    return True


ODD = (*MARKS, HUGE, 1, 1.5, True, {"a": 1}, [1], [[]], [{}], None, -1, "LOCAL_FLIGHTS", "../weather", "flights\0")


@pytest.mark.core
def test_a_field_of_a_form_is_one_of_the_list_and_takes_no_other_kind(dags: Path) -> None:
    found = {(dag.dag_id, name) for dag in loaded(dags) for name in dag.params}
    assert found == FORMS, "a new field of a form: say in FREE what reads it, and try it below"
    for dag in loaded(dags):
        for name in dag.params:
            taken = [value for value in ODD if accepted(dag, name, value)]
            match FREE.get(name):
                case "text":
                    assert all(isinstance(value, str) and value.isprintable() and len(value) <= 500 for value in taken)
                case "list":
                    assert taken == [None]
                case "date":
                    assert all(value is None or _is_date(value) for value in taken)
                case _:
                    assert [value for value in taken if not isinstance(value, bool)] == [], name


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None


@pytest.mark.parametrize(
    "value", [*MARKS, HUGE, "2013-02-30", "20130101", "2013-W01-1", 20130101, True, ["2013-01-01"]]
)
def test_what_is_no_day_is_refused_by_the_task_that_reads_the_form(value: Any) -> None:
    """A run that is made by Airflow's command has its parameters from a file, and Airflow may not have looked."""
    for name in (FROM, TO):
        with pytest.raises(WrongWindow):
            window_of({FROM: "2013-01-01", name: value})


@pytest.mark.parametrize("value", [*MARKS, HUGE, "hourly_weather"])
def test_a_model_that_the_zone_has_not_is_refused_by_the_task_that_reads_the_form(value: str) -> None:
    with pytest.raises(WrongChoice) as refused:
        not_chosen(Graph(tasks={}, edges=frozenset(), gateways={}, smoke=()), "flights", [value])
    assert len(str(refused.value)) < 1000


# -- what a terminal shows


def test_a_command_prints_text_as_text() -> None:
    """Alone and in a table, where a library would read markup; what a terminal obeys is shown as a sign."""
    for mark in (
        *MARKS,
        "[red]x[/red]",
        "[/x]",
        "[link=https://evil.example]x[/link]",
        ":boom:",
        "\x1b[2Jx",
        "\x9b2Jx",
    ):
        file = io.StringIO()
        console = PlainConsole(file=file, width=200)
        table = Table("Reason", box=None)
        table.add_row(mark)
        console.print(mark)
        console.print(table)
        shown = [line.strip() for line in file.getvalue().splitlines()]
        for line in UNSEEN.sub("\ufffd", mark).split("\n"):
            assert shown.count(line.strip()) == 2, mark
        assert not UNSEEN.search(file.getvalue())


# -- what Airflow renders

RESULTS = "results"
"""What a task has found, which it shows when it has ended. It is set after the fields were rendered."""


def test_no_operator_has_a_template_field_beyond_the_list() -> None:
    names = [each.name for each in pkgutil.walk_packages(assay.__path__, "assay.")]
    for name in names:
        if not name.endswith("__main__"):
            importlib.import_module(name)
    operators = {each for each in _below(BaseOperator) if each.__module__.split(".")[0] == "assay"}
    assert len(operators) > 8
    for operator in operators:
        assert tuple(operator.template_fields) in ((), FIELDS), operator
        assert tuple(operator.template_ext) == (), operator


def _below(of: type) -> Iterator[type[Any]]:
    for each in of.__subclasses__():
        yield each
        yield from _below(each)


def test_template_fields_are_set_in_these_places_and_to_constants(root: Path) -> None:
    """What is added for a task's page is added when rendering is over."""
    found = {}
    for file in sorted((root / "plugins").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            for target in targets:
                for each in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if getattr(each, "attr", getattr(each, "id", "")) in ("template_fields", "template_ext"):
                        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
                        found[f"{file.relative_to(root / 'plugins/assay')}:{ast.unparse(node)}"] = names
    allowed = {"FIELDS", "SHOWN", "RESULTS", "self", "run_values", "template_fields", "Sequence", "str"}
    assert {place: names for place, names in found.items() if not names <= allowed} == {}
    assert len(found) >= 4
    assert SHOWN == ("image", "cmds", "env_vars")
