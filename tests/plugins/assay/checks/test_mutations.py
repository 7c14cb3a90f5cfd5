"""Every key of every file of the repository, written twice, misspelt, or with a value of another kind: always refused,
with the file and a line."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay import settings, strict_yaml
from assay.checks import contract_rules
from assay.contracts import load_contract
from assay.errors import ConfigurationError
from assay.ingestion.airbyte import files as airbyte_files
from assay.permissions import load as load_roles
from assay.secrets import declaration
from assay.zones import load_zone

pytestmark = pytest.mark.core

ROOT = Path(__file__).resolve().parents[4]
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("dags/**/*.yml", "dags/**/*.yaml", "airbyte/**/*.yaml", "plugins/assay/secrets/*.yml")
    for path in ROOT.glob(pattern)
)
READ = [file for file in FILES if not re.search(r"/connectors/|(dev|local)/roles|contracts/(flights|airports)", file)]
"""Those that a model describes; of files that are alike, one."""
Path_ = tuple[str | int, ...]
DATA = re.compile(
    r"""(labels|annotations|envs|node_selectors|pools|tags)\.            # names that an environment chooses
    |configuration\.|^version$|^(roles|users|databases|warehouses)\[     # of the connector, of people
    """,
    re.VERBOSE,
)
"""Keys that are data: a misspelt one is another name."""
FREE = re.compile(
    r"""configuration(\.|$)                                              # the connector's own
    |^(schedule|.*\.day|registry|url|file|commit|project|repository|service_account_name)$    # may be null
    |^resources\.limit\.                                                   # of base, which all environments replace
    |^(id|name|domain|status|kind|description.*|team.*|schema\[0\].(description|name)|.*\.description)$
    |(arguments|logicalTypeOptions)(\.|$)|\.value$|mustBe\w+
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Place:
    """A key of a file: its path, and the mapping or list that holds it."""

    path: Path_
    node: yaml.Node


def spelled(path: Path_) -> str:
    return strict_yaml.spelled(path)


def places(node: yaml.Node, path: Path_ = ()) -> Iterator[Place]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield Place((*path, key.value), node)
            yield from places(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield Place((*path, index), node)
            yield from places(value, (*path, index))


def mutated(file: str, change: Callable[[yaml.Node, Path_], bool]) -> Iterator[tuple[Path_, str]]:
    """The file's text once for each place that `change` changes, with the place's path."""
    root = yaml.compose((ROOT / file).read_text(), Loader=yaml.CSafeLoader)
    assert root is not None
    for place in list(places(root)):
        edited = copy.deepcopy(root)
        held = next(each.node for each in places(edited) if each.path == place.path)
        if change(held, place.path):
            yield place.path, yaml.serialize(edited, Dumper=yaml.CSafeDumper, allow_unicode=True, width=1000)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for part in ("dags", "airbyte"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "manifest.json"))
    return tmp_path


def read(checkout: Path, file: str, text: str) -> str:
    """What the reader of this kind of file says of it with this text."""
    path = checkout / file
    before = path.read_text() if path.is_file() else ""
    try:
        if path.is_file():
            path.write_text(text)
        _read(checkout, file, text)
    except ConfigurationError as error:
        return str(error)
    finally:
        if before:
            path.write_text(before)
    return ""


def _read(checkout: Path, file: str, text: str) -> None:
    parts = file.split("/")
    folder = (checkout / file).parent
    if parts[-1] == "zone.yml":
        load_zone(folder)
    elif "contracts" in parts:
        contract = load_contract(folder.parent, parts[-1].removesuffix(".odcs.yaml"))
        if problems := list(contract_rules.wrong(folder.parent, contract)):
            raise ConfigurationError("\n".join(problems))
    elif parts[-1] == "roles.yml":
        load_roles(checkout / file, ["flights", "weather"], parts[2])
    elif parts[1] == "config":
        said = [_settings(checkout / "dags", each) for each in ("dev", "prod", "local") if parts[2] in (each, "base")]
        if any(said):
            raise ConfigurationError("\n".join(each for each in said if each))
    elif parts[0] == "airbyte":
        airbyte_files.read(checkout / "airbyte")
    else:
        declaration.read(text)


def _settings(dags: Path, environment: str) -> str:
    try:
        settings.load(dags, environment)
    except ConfigurationError as error:
        return str(error)
    return ""


def named(sentences: str, file: str) -> bool:
    shown = file.removeprefix("dags/").removeprefix("plugins/assay/")
    return any(re.match(rf"{re.escape(shown)}:\d+: ", line) for line in sentences.splitlines())


@pytest.mark.parametrize("file", FILES)
def test_any_key_that_is_written_twice_is_refused(checkout: Path, file: str) -> None:
    def twice(node: yaml.Node, path: Path_) -> bool:
        if not isinstance(node, yaml.MappingNode):
            return False
        node.value.append(copy.deepcopy(next(pair for pair in node.value if pair[0].value == path[-1])))
        return True

    found = {spelled(path): strict_yaml.parse(text, file).problems for path, text in mutated(file, twice)}
    assert found or (ROOT / file).read_text().strip() in ("", "{}")
    assert [key for key, problems in found.items() if not any("is written twice" in each for each in problems)] == []


@pytest.mark.parametrize("file", READ)
def test_any_key_that_is_misspelt_is_refused(checkout: Path, file: str) -> None:
    def misspelt(node: yaml.Node, path: Path_) -> bool:
        if not isinstance(node, yaml.MappingNode) or DATA.search(spelled(path)):
            return False
        key = next(key for key, _ in node.value if key.value == path[-1])
        key.value = f"{key.value[:-1]}x{key.value[-1:]}"
        return True

    passed = [spelled(path) for path, text in mutated(file, misspelt) if not named(read(checkout, file, text), file)]
    assert passed == []


def _of_another_kind(node: yaml.Node) -> list[yaml.Node]:
    """Values of other kinds, in place of this one."""
    text = yaml.ScalarNode("tag:yaml.org,2002:str", "surely not", style='"')
    several = yaml.SequenceNode("tag:yaml.org,2002:seq", [text, copy.deepcopy(text)], flow_style=True)
    pairs = yaml.MappingNode(
        "tag:yaml.org,2002:map", [(yaml.ScalarNode("tag:yaml.org,2002:str", "surely"), text)], flow_style=True
    )
    null = yaml.ScalarNode("tag:yaml.org,2002:null", "null")
    others: list[Any] = [several, pairs, null]
    if isinstance(node, yaml.SequenceNode):
        return [text, pairs, null]
    if isinstance(node, yaml.MappingNode):
        return [text, several, null]
    return [*others, *([] if node.tag == "tag:yaml.org,2002:str" else [text])]


@pytest.mark.parametrize("file", READ)
def test_any_value_of_another_kind_is_refused(checkout: Path, file: str) -> None:
    turn = count()

    def other(node: yaml.Node, path: Path_) -> bool:
        if FREE.search(spelled(path)):
            return False
        if isinstance(node, yaml.MappingNode):
            at = next(at for at, (key, _) in enumerate(node.value) if key.value == path[-1])
            key, value = node.value[at]
            node.value[at] = (key, _in_turn(value, next(turn)))
        else:
            node.value[int(path[-1])] = _in_turn(node.value[int(path[-1])], next(turn))
        return True

    passed = [spelled(path) for path, text in mutated(file, other) if not named(read(checkout, file, text), file)]
    assert passed == []


def _in_turn(value: yaml.Node, turn: int) -> yaml.Node:
    """One of the values of other kinds, so that each kind has its turn in a file."""
    choice = _of_another_kind(value)
    return choice[turn % len(choice)]
