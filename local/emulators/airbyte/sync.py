"""One attempt at one sync: ask the source, read it, land the rows. Returns the new state; changes nothing else."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from local.emulators.airbyte.connectors import ConnectorError, Message, Source, started
from local.emulators.airbyte.destination import Snowflake, StreamTarget
from local.emulators.airbyte.store import Store

DESTINATION_MODES = {
    "full_refresh_overwrite": "overwrite",
    "full_refresh_append": "append",
    "incremental_append": "append",
    "incremental_deduped_history": "dedup",
}


class Cancelled(Exception):
    """The job was cancelled while the attempt ran."""


class Cancellation:
    """A wish to stop that can be waited for, and that reaches all that registered with `stopping`."""

    def __init__(self) -> None:
        self._wished = threading.Event()
        self._lock = threading.Lock()
        self._stops: list[Callable[[], None]] = []

    def cancel(self) -> None:
        with self._lock:
            self._wished.set()
            stops = list(self._stops)
        for stop in stops:
            stop()

    def wait(self, seconds: float) -> bool:
        """Waits until cancelled, at most `seconds`; True when cancelled."""
        return self._wished.wait(seconds)

    def check(self) -> None:
        if self._wished.is_set():
            raise Cancelled

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Calls `stop` once if the wish comes while the block runs, or came before."""
        with self._lock:
            self._stops.append(stop)
        try:
            if self._wished.is_set():
                stop()
            yield
        finally:
            with self._lock:
                self._stops.remove(stop)


class KnownStreams:
    """What sources have said of their streams. As in Airbyte, a source is asked again only when it has changed."""

    def __init__(self, store: Store, source_id: str) -> None:
        self._store = store
        self._source = source_id

    def recall(self, configured: Mapping[str, Any]) -> list[Message] | None:
        known = self._store.get("catalogs", self._source)
        return known["streams"] if known and known["fingerprint"] == _fingerprint(configured) else None

    def remember(self, configured: Mapping[str, Any], streams: list[Message]) -> None:
        self._store.put("catalogs", self._source, {"fingerprint": _fingerprint(configured), "streams": streams})


@dataclass(frozen=True)
class Plan:
    """What an attempt needs. `streams` are the connection's, as the API has them; `state` is as last committed."""

    source: Source
    source_configuration: Mapping[str, Any]
    known_streams: KnownStreams
    destination_configuration: Mapping[str, Any]
    streams: Sequence[Mapping[str, Any]]
    prefix: str
    state: Sequence[Message]
    generations: Mapping[str, int]
    job_id: int
    began: str


class Attempt:
    """`progress(rows, bytes)` is called with what has reached the warehouse; `hold()` lets a fault stop the reading."""

    def __init__(
        self,
        plan: Plan,
        private: Path,
        log: IO[str],
        secrets: list[str],
        cancellation: Cancellation,
        progress: Callable[[int, int], None],
        hold: Callable[[], None],
    ) -> None:
        self._plan = plan
        self._private = private
        self._log = log
        self._secrets = secrets
        self._cancellation = cancellation
        self._progress = progress
        self._hold = hold

    def run(self) -> list[Message]:
        """Lands everything that is new and publishes it. Returns the state to commit.

        Raises ConnectorError, a Snowflake error or Cancelled; nothing is visible in the final tables then.
        """
        catalog = self._configured_catalog(self._discover())
        destination = Snowflake(self._plan.destination_configuration, self._plan.job_id, self._plan.began)
        try:
            destination.prepare([self._target(stream) for stream in catalog["streams"]])
            state = self._read(catalog, destination)
            self._say("publishing")
            destination.publish()
        finally:
            destination.close()
        return state

    def _discover(self) -> list[Message]:
        configured = self._plan.source.configured(self._plan.source_configuration)
        if known := self._plan.known_streams.recall(configured):
            return known
        for message in self._messages("discover"):
            if message["type"] == "CATALOG":
                streams = list(message["catalog"]["streams"])
                self._plan.known_streams.remember(configured, streams)
                return streams
        raise ConnectorError("the source named no streams")

    def _configured_catalog(self, discovered: Sequence[Message]) -> Message:
        by_name = {stream["name"]: stream for stream in discovered}
        wanted = [stream["name"] for stream in self._plan.streams]
        if missing := sorted(set(wanted) - set(by_name)):
            raise ConnectorError(
                f"the source has no stream {', '.join(missing)}; it has {', '.join(sorted(by_name))}", final=True
            )
        return {"streams": [self._configured(stream, by_name[stream["name"]]) for stream in self._plan.streams]}

    def _configured(self, wanted: Mapping[str, Any], found: Message) -> Message:
        mode = wanted["syncMode"]
        generation = self._plan.generations.get(wanted["name"], 0)
        return {
            "stream": found,
            "sync_mode": "incremental" if mode.startswith("incremental") else "full_refresh",
            "destination_sync_mode": {"dedup": "append_dedup"}.get(DESTINATION_MODES[mode], DESTINATION_MODES[mode]),
            "cursor_field": wanted.get("cursorField") or found.get("default_cursor_field") or [],
            "primary_key": wanted.get("primaryKey") or found.get("source_defined_primary_key") or [],
            "generation_id": generation,
            "minimum_generation_id": generation if DESTINATION_MODES[mode] == "overwrite" else 0,
            "sync_id": self._plan.job_id,
        }

    def _target(self, configured: Message) -> StreamTarget:
        mode = str(configured["destination_sync_mode"]).removeprefix("append_")
        keys = [path[0] for path in configured["primary_key"]]
        name = configured["stream"]["name"]
        if mode == "dedup" and not keys:
            raise ConnectorError(f"the stream {name} has no primary key, so it cannot be deduplicated", final=True)
        cursor = configured["cursor_field"][0] if configured["cursor_field"] else None
        schema = configured["stream"]["json_schema"]
        return StreamTarget.of(self._plan.prefix + name, schema, mode, keys, cursor, configured["generation_id"])

    def _read(self, catalog: Message, destination: Snowflake) -> list[Message]:
        states = {_stream_of(state): state for state in self._plan.state}
        inputs: dict[str, Any] = {"catalog": catalog}
        if states:
            inputs["state"] = list(states.values())
        size = 0
        for message in self._messages("read", **inputs):
            if message["type"] == "RECORD":
                self._hold()
                record = message["record"]
                size += len(json.dumps(record["data"]))
                name = self._plan.prefix + record["stream"]
                if landed := destination.add(name, record["data"], record["emitted_at"]):
                    self._progress(landed, size)
                    size = 0
            elif message["type"] == "STATE":
                states[_stream_of(message["state"])] = message["state"]
        self._hold()
        self._progress(destination.flush(), size)
        self._cancellation.check()
        return list(states.values())

    def _messages(self, command: str, **inputs: Any) -> Iterator[Message]:
        self._cancellation.check()
        self._say(command)
        config = self._plan.source.configured(self._plan.source_configuration)
        with started(
            self._plan.source.program, command, {"config": config, **inputs}, self._private, self._log, self._secrets
        ) as process:
            try:
                with self._cancellation.stopping(process.stop):
                    yield from process.messages()
            except ConnectorError:
                self._cancellation.check()  # a connector that was stopped did not fail
                raise
        self._cancellation.check()

    def _say(self, what: str) -> None:
        self._log.write(f"{what}\n")
        self._log.flush()


def _stream_of(state: Message) -> str:
    """The stream a state belongs to; connectors that still send one state for all streams share one name."""
    return str(state.get("stream", {}).get("stream_descriptor", {}).get("name", ""))


def _fingerprint(configured: Mapping[str, Any]) -> str:
    """Of a configuration with the manifest in it; says nothing of its values."""
    return hashlib.sha256(json.dumps(configured, sort_keys=True).encode()).hexdigest()
