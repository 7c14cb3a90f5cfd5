"""Airbyte's files, and what zones want of them: connections and streams that are there and land in the zone's own
database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from assay.errors import ConfigurationError
from assay.ingestion.airbyte.files import PLACEHOLDER, Declared, EndFile, has_placeholders, leaves, read, resolve
from assay.ingestion.airbyte.source import AirbyteSource
from assay.ingestion.checking import Asked
from assay.secrets import declared as declared_secrets
from assay.zones.names import ServiceRole, ZoneNames

OF_AIRBYTE = {"_airbyte_raw_id": "varchar", "_airbyte_extracted_at": "timestamp_tz", "_airbyte_meta": "variant"}
OURS = re.compile(r"[a-z][a-z0-9_]*")
"""How folders in airbyte/connectors are called. Airbyte's own catalogue has names such as Postgres."""


FILES = "airbyte"
"""The folder of Airbyte's files in a checkout. A deploy has none: the pipeline of its commit has checked them."""


def of_zone(asked: Asked[AirbyteSource]) -> Iterator[str]:
    """What is wrong with the Airbyte sources of a zone."""
    if not (asked.root / FILES).is_dir():
        return
    try:
        files = read(asked.root / FILES)
    except ConfigurationError:
        first = min(asked.sources)
        yield asked.say(f"sources[{first}].connection cannot be checked: fix what is wrong in airbyte/ first")
        return
    for index, source in asked.sources.items():
        yield from _of_source(files, asked, f"sources[{index}]", source)


def _of_source(files: Declared, asked: Asked[AirbyteSource], key: str, source: AirbyteSource) -> Iterator[str]:
    say, contract = asked.say, asked.contracts.get(source.table)
    connection = files.connections.get(source.connection)
    if connection is None:
        near = get_close_matches(source.connection, files.connections, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"there is {', '.join(sorted(files.connections)) or 'none'}"
        yield say(f'{key}.connection "{source.connection}" is not in airbyte/connections ({hint})')
        return
    destination = files.destinations[connection.destination]
    own = f"pods/{ZoneNames('any', asked.zone.zone).warehouse_secret(ServiceRole.LOADER)}"
    if destination.secret != own:
        yield say(
            f'{key}.connection "{source.connection}" lands where assay/{destination.secret} lets it, which is not this '
            f"zone's; it takes a destination whose secret is {own}"
        )
    streams = [stream.name for stream in connection.streams]
    if source.stream not in streams:
        yield say(
            f'{key}.stream "{source.stream}" is no stream of the connection {source.connection}; it has '
            f"{', '.join(streams)}"
        )
    if connection.prefix:
        yield say(
            f'{key}.connection "{source.connection}" puts "{connection.prefix}" before its tables, where its stream is '
            "not looked for; remove prefix from the connection"
        )
    if source.day is not None and contract is not None:  # asked of Airbyte's table, whose names are not always ours
        columns = {column.source: column.type.stored for column in contract.columns} | OF_AIRBYTE
        for problem in asked.expression(source.day, columns):
            yield say(f"{key}.day {problem}")


def of_repository(root: Path, zones: Sequence[str]) -> Iterator[str]:
    """What is wrong with Airbyte's files by themselves. Raises ConfigurationError for what cannot be read."""
    if not (root / FILES).is_dir():
        return
    files = read(root / FILES)
    secrets = declared_secrets(zones)
    for kind, ends in (("sources", files.sources), ("destinations", files.destinations)):
        for end in ends.values():
            where = files.documents[kind, end.name].located
            yield from _placeholders(end, where, {name: secret.env for name, secret in secrets.items()})
            if OURS.fullmatch(end.connector) and end.connector not in files.manifests:
                known = ", ".join(sorted(files.manifests)) or "none"
                yield where(f'connector "{end.connector}" is not in airbyte/connectors (there is: {known})')
    for connection in files.connections.values():
        where = files.documents["connections", connection.name].located
        names = [stream.name for stream in connection.streams]
        known_streams = _streams(files, connection.source)
        for index, name in enumerate(names):
            if name in names[:index]:
                yield where(f'streams[{index}].name "{name}" is there twice; keep one')
            if known_streams is not None and name not in known_streams:
                yield where(
                    f'streams[{index}].name "{name}" is no stream of the connector of {connection.source}; it has '
                    f"{', '.join(known_streams)}"
                )
    yield from _landing_in_one_place(files)


def _landing_in_one_place(files: Declared) -> Iterator[str]:
    """Streams of two connections that would write one table."""
    seen: dict[tuple[str, str], str] = {}
    for connection in files.connections.values():
        for index, stream in enumerate(connection.streams):
            place = (connection.destination, f"{connection.prefix}{stream.name}".lower())
            if place in seen and seen[place] != connection.name:
                yield files.documents["connections", connection.name].located(
                    f'streams[{index}].name "{stream.name}" lands in the table of {connection.destination} of '
                    f"the connection {seen[place]}; land each in a table of its own"
                )
            seen.setdefault(place, connection.name)


def _placeholders(end: EndFile, say: Callable[[str], str], secrets: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if has_placeholders(end.configuration) and end.secret is None:
        yield say("secret is missing; say where in Secrets Manager, below assay/, the values of ${…} are")
    names = {
        name for _, value in leaves(end.configuration) if isinstance(value, str) for name in PLACEHOLDER.findall(value)
    }
    try:
        resolve("", end.configuration, dict.fromkeys(names, "x"), end.secret)
    except ConfigurationError as error:
        yield say(str(error).removeprefix(": "))
    pod = (end.secret or "").removeprefix("pods/")
    if end.secret and end.secret.startswith("pods/"):
        if pod not in secrets:
            yield say(f'secret "{end.secret}" is declared for no zone in plugins/assay/secrets/pods.yml')
        elif unknown := sorted(names - set(secrets[pod])):
            yield say(f'secret "{end.secret}" does not hold {", ".join(unknown)}, by plugins/assay/secrets/pods.yml')


def _streams(files: Declared, source: str) -> list[str] | None:
    """The streams of a low-code connector; None of one that is in Airbyte's catalogue."""
    manifest: Any = files.manifests.get(files.sources[source].connector)
    return None if manifest is None else [stream["name"] for stream in manifest.get("streams", [])]
