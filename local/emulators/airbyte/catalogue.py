"""Which connectors there are, and what each wants to know: Airbyte's definitions, for the programs installed here."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

from local.emulators.airbyte.connectors import ConnectorError, Source, started
from local.emulators.airbyte.store import Document, Store

RUNNER = "source-declarative-manifest"
SNOWFLAKE_ID = "424892c4-daac-4491-b35d-c6688ba547ba"
BUILT_IN_SOURCES = {"source-faker": ("dfd88b22-b603-4c3d-aad7-3701784586b1", "Sample Data (Faker)")}


class UnknownDefinition(LookupError):
    """No connector has this definition id here."""


class InvalidConfiguration(ValueError):
    """A configuration does not fit the connector's spec; the text names the key, and never a value."""


@dataclass(frozen=True)
class Definition:
    """A connector as Airbyte's API presents it."""

    id: str
    name: str
    repository: str

    def public(self) -> Document:
        return {"id": self.id, "name": self.name, "dockerRepository": self.repository, "dockerImageTag": "embedded"}


class Catalogue:
    """`programs` maps a connector's program to its argument list, as in the file given to `--connectors`."""

    def __init__(self, programs: Mapping[str, list[str]], store: Store, private: Path) -> None:
        if RUNNER not in programs:
            raise ValueError(f"the connectors file names no {RUNNER}: low-code sources cannot run without it")
        self._programs = programs
        self._store = store
        self._private = private
        self._specs: dict[str, Document] = {}
        self._asking = threading.Lock()

    def sources(self) -> list[Definition]:
        built_in = [
            Definition(id, name, f"airbyte/{program}")
            for program, (id, name) in BUILT_IN_SOURCES.items()
            if program in self._programs
        ]
        return built_in + [
            Definition(one["id"], one["name"], f"airbyte/{RUNNER}") for one in self._store.all("definitions")
        ]

    def destinations(self) -> list[Definition]:
        return [Definition(SNOWFLAKE_ID, "Snowflake", "airbyte/destination-snowflake")]

    def definition(self, kind: str, id: str) -> Definition:
        """The source or destination definition of that id, or UnknownDefinition."""
        for one in self.sources() if kind == "sources" else self.destinations():
            if one.id == id:
                return one
        raise UnknownDefinition(f"there is no {kind[:-1]} definition {id}")

    def source(self, id: str) -> Source:
        """How to run a source connector."""
        for program, (known, _) in BUILT_IN_SOURCES.items():
            if known == id and program in self._programs:
                return Source(self._programs[program])
        custom = self._store.get("definitions", id)
        if custom is None:
            raise UnknownDefinition(f"there is no source definition {id}")
        return Source(self._programs[RUNNER], custom["manifest"])

    def spec(self, kind: str, id: str) -> Document:
        """The JSON schema of a connector's configuration. Asks the program once; takes seconds then."""
        self.definition(kind, id)
        if kind == "destinations":
            return dict(json.loads(Path(__file__).with_name("destination.json").read_text()))
        source = self.source(id)
        if source.manifest is not None:
            return dict(source.manifest.get("spec", {}).get("connection_specification", {}))
        with self._asking:
            if id not in self._specs:
                self._specs[id] = self._ask(source)
            return self._specs[id]

    def validate(self, kind: str, id: str, configuration: Mapping[str, Any]) -> None:
        """Raises InvalidConfiguration when the configuration does not fit the connector's spec."""
        validator = jsonschema.Draft7Validator(self.spec(kind, id))
        for error in sorted(validator.iter_errors(configuration), key=lambda error: list(error.absolute_path)):
            raise InvalidConfiguration(_sentence(error))

    def _ask(self, source: Source) -> Document:
        with (
            (self._private / "spec.log").open("w") as log,
            started(source.program, "spec", {}, self._private, log, []) as process,
        ):
            for message in process.messages():
                if message["type"] == "SPEC":
                    return dict(message["spec"]["connectionSpecification"])
        raise ConnectorError(f"{source.program[0]} gave no spec")


def _sentence(error: jsonschema.ValidationError) -> str:
    """Where and what is wrong. Values stay out of it: they may be secret."""
    where = ".".join(["configuration", *map(str, error.absolute_path)])
    if error.validator == "required":
        given = error.instance if isinstance(error.instance, Mapping) else {}
        missing = [key for key in error.validator_value if key not in given]
        return f"{where} lacks {', '.join(missing)}"
    if error.validator == "additionalProperties":
        unknown = sorted(set(error.instance) - set(error.schema.get("properties", {})))
        return f"{where} has the unknown key {', '.join(unknown)}"
    if error.validator in ("oneOf", "anyOf"):
        return f"{where} fits none of: {', '.join(str(one.get('title')) for one in error.validator_value)}"
    return f"{where} does not fit the connector's spec ({error.validator}: {json.dumps(error.validator_value)})"
