from __future__ import annotations

import re
from pathlib import Path

import pytest

from assay.errors import ConfigurationError
from assay.ingestion.airbyte.files import read, resolve, secrets_in

WHERE = "airbyte/sources/s.yaml"
SOURCE = "name: s\nconnector: c\nconfiguration: {}\n"
DESTINATION = "name: d\nconnector: Snowflake\nconfiguration: {}\n"
CONNECTION = "name: k\nsource: s\ndestination: d\nstreams: [{name: a, sync_mode: incremental_append}]\n"


def folder(tmp_path: Path, **files: str) -> Path:
    for name, content in {"sources": SOURCE, "destinations": DESTINATION, "connections": CONNECTION, **files}.items():
        path = tmp_path / name.split("__")[0] / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return tmp_path


def test_the_projects_own_files_are_in_order(root: Path) -> None:
    declared = read(root / "airbyte")
    assert "flights_api" in declared.connections
    values = {
        name: "x"
        for path in (root / "airbyte").rglob("*.yaml")
        for name in re.findall(r"\$\{(\w+)\}", path.read_text())
    }
    for kind, ends in (("sources", declared.sources), ("destinations", declared.destinations)):
        for name, end in ends.items():
            assert "${" not in str(resolve(declared.files[kind, name], end.configuration, values))


def test_what_is_read_is_known_by_name(tmp_path: Path) -> None:
    declared = read(folder(tmp_path))
    assert (list(declared.sources), list(declared.destinations), list(declared.connections)) == (["s"], ["d"], ["k"])


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        (
            "connections",
            CONNECTION.replace("source: s", "source: t"),
            'connections.yaml:2: source "t" is not in airbyte/sources',
        ),
        ("connections", CONNECTION + "schedule: hourly\n", "connections.yaml:5: schedule is not a key"),
        ("connections", CONNECTION.replace("incremental_append", "guess"), "streams[0].sync_mode must be "),
        ("sources", "name: S s\nconnector: c\nconfiguration: {}\n", "sources.yaml:1: name is"),
        ("sources", "- a\n", "must be a mapping"),
        ("sources", "a: [\n", "sources.yaml:2: not valid YAML"),
        ("sources__2", SOURCE, 'name "s" is taken by airbyte/sources/sources.yaml'),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, file: str, content: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(sentence)):
        read(folder(tmp_path, **{file: content}))


def test_placeholders_are_filled_in_secrets_and_endpoints() -> None:
    configuration = {"host": "${A}.example", "credentials": {"api_key": "${K}"}, "count": 5, "to": [{"token": "${K}"}]}
    filled = {"host": "a.example", "credentials": {"api_key": "k"}, "count": 5, "to": [{"token": "k"}]}
    assert resolve(WHERE, configuration, {"A": "a", "K": "k", "UNUSED": "u"}) == filled
    assert secrets_in(filled) == {"credentials.api_key": ["k"], "to.token": ["k"]}


@pytest.mark.parametrize(
    ("configuration", "sentence"),
    [
        ({"api_key": "abc"}, f"{WHERE}: configuration.api_key is a secret"),
        ({"credentials": {"password": "x${P}"}}, f"{WHERE}: configuration.credentials.password is a secret"),
        ({"private_key": 5}, f"{WHERE}: configuration.private_key is a secret"),
        ({"start_date": "${P}"}, f"{WHERE}: configuration.start_date holds ${{P}}, but only secrets and endpoints"),
        ({"host": "${MISSING}"}, f"{WHERE}: configuration.host needs ${{MISSING}}, which is not set"),
        ({"host": "${EMPTY}"}, f"{WHERE}: configuration.host needs ${{EMPTY}}, which is not set"),
    ],
)
def test_a_placeholder_in_the_wrong_place_or_without_a_value_is_refused(
    configuration: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(sentence)):
        resolve(WHERE, configuration, {"P": "p", "EMPTY": ""})
