"""The gold schemas and the release ledger of one zone in memory, for schedules by the thousand.

It keeps what the real ones promise: a swap and a conditional update are atomic, a transaction is seen as a whole or not
at all, and what is read may be old by the time it is used. `test_interleaving.py` runs the same races on the embedded
warehouse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from assay.releases.gold_schemas import Contents
from assay.releases.ledger import Event, Holding, Release, Restored, RowCount, Status, release_id
from assay.releases.lifecycle import Releases
from assay.releases.state import Decided, Decision, Hold
from assay.zones import ZoneNames
from assay.zones.names import CANDIDATE, GOLD, PREVIOUS
from assay.zones.readers import GoldReaders

NAMES = ZoneNames("local", "weather")
NOW = datetime(2026, 1, 1)


@dataclass
class World:
    """What is committed."""

    schemas: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys((GOLD, CANDIDATE, PREVIOUS)))
    opened: dict[str, bool] = field(default_factory=lambda: {GOLD: True, CANDIDATE: False, PREVIOUS: False})
    decided: Decided | None = None
    releases: dict[str, Release] = field(default_factory=dict)
    restored: list[Restored] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class Steps:
    """Called before every statement: where a scheduler changes processes, or kills one."""

    def pause(self) -> None: ...


class ModelReleases(Releases):
    """The verbs themselves, on a world in memory."""

    def __init__(self, world: World, steps: Steps) -> None:
        self._names = NAMES
        self._readers = lambda: GoldReaders({}, ())
        model: Any = _Model(world, steps)
        self._warehouse = self._gold = self._ledger = self._row = model


class _Model:
    """All that the verbs ask of a login, the schemas, the ledger and its row."""

    def __init__(self, world: World, steps: Steps) -> None:
        self._world, self._steps = world, steps
        self._open = False

    def _statement(self) -> World:
        if not self._open:
            self._steps.pause()
        return self._world

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """No one else can come between its changes: the first takes the row that every other decision needs."""
        before = replace(self._statement(), releases=dict(self._world.releases))
        self._open = True
        try:
            yield
        except BaseException:
            self._world.decided, self._world.releases = before.decided, before.releases
            raise
        finally:
            self._open = False

    # -- the schemas

    def contents(self) -> Contents:
        tables = {schema: ("T",) for schema, held in self._statement().schemas.items() if held}
        held = dict(self._statement().schemas)
        return Contents(held[GOLD], held[CANDIDATE], held[PREVIOUS], tables)

    def row_counts(self, contents: Contents) -> dict[str, RowCount]:
        return {}

    def clone(self, identity: str, run_id: str, leaving: Sequence[str] = ()) -> None:
        world = self._statement()
        world.schemas[CANDIDATE], world.opened[CANDIDATE] = world.schemas[GOLD], False
        self._statement().schemas[CANDIDATE] = identity

    def seal(self) -> None:
        self._statement()

    def swap(self, one: str, other: str) -> None:
        world = self._statement()
        held, opened = world.schemas, world.opened
        held[one], held[other] = held[other], held[one]
        opened[one], opened[other] = opened[other], opened[one]

    def go_live(self, other: str, readers: Any, tables: Sequence[str]) -> None:
        self.admit(other, readers, tables)
        self.swap(GOLD, other)
        self._statement().opened[GOLD] = True

    def admit(self, schema: str, readers: Any, tables: Sequence[str]) -> None:
        self._statement().opened[schema] = True

    def close(self, readers: Any, *, built: bool) -> None:
        self._statement().opened[GOLD] = True
        if not built:
            self._statement().opened[CANDIDATE] = False
        self._statement().opened[PREVIOUS] = False

    # -- the row

    def read(self) -> Decided | None:
        return self._statement().decided

    def decide(self, seen: Decided, decision: Decision) -> bool:
        world = self._statement()
        if world.decided is None or world.decided.version != seen.version:
            return False
        hold = world.decided.hold
        if decision.holding is Holding.SET:
            hold = Hold(NOW, str(decision.actor), str(decision.reason), decision.operation)
        elif decision.holding is Holding.LIFT:
            hold = None
        world.decided = Decided(seen.version + 1, decision.live, decision.previous, decision.applied, hold)
        return True

    def applied(self, seen: Decided) -> None:
        world = self._statement()
        if world.decided is not None and world.decided.version == seen.version:
            world.decided = replace(world.decided, applied=True)

    # -- the ledger

    def releases(self) -> list[Release]:
        return list(self._statement().releases.values())

    def operations(self) -> list[Restored]:
        return list(self._statement().restored)

    def begin(self, *values: Any, known: bool = False) -> None:
        if len(values) == 2:  # the first row
            world = self._statement()
            world.decided = world.decided or Decided(0, *values, applied=True)
            return
        identity, run_id, commit, replaces, actor = values
        self._statement().releases[identity] = Release(
            identity, NAMES.zone, Status.CANDIDATE, run_id, commit, replaces, NOW, None, None, actor, None, {}
        )

    def count(self, identity: str, counts: Mapping[str, RowCount]) -> None:
        self._statement()

    def published(self, identity: str, replaced: Iterable[str], actor: str) -> None:
        for other in replaced:
            self._set(other, Status.SUPERSEDED)
        self._set(identity, Status.PUBLISHED)

    def publish_undone(self, identity: str, live: str | None, actor: str, reason: str) -> None:
        self._set(identity, Status.REFUSED)
        if live is not None:
            self._set(live, Status.PUBLISHED)

    def refused(self, identity: str, actor: str, reason: str) -> None:
        if self._statement().releases[identity].status == Status.CANDIDATE:
            self._set(identity, Status.REFUSED)

    def rolled_back(
        self, live: str, ended: str, actor: str, reason: str, operation: str, *, forward: bool, holding: Holding
    ) -> None:
        self._set(ended, Status.SUPERSEDED if forward else Status.ROLLED_BACK)
        self._set(live, Status.PUBLISHED)
        self._world.restored.append(Restored(live, operation))

    def held(self, live: str | None, event: Event, actor: str, reason: str) -> None:
        self._world.events.append(event)

    def _set(self, identity: str, status: Status) -> None:
        releases = self._world.releases
        releases[identity] = replace(releases[identity], status=status, actor="test", reason="test")


def published_twice_and_built(run: str) -> tuple[World, str]:
    """A world with a live release, one that is kept, and a candidate of `run`, whose id is returned."""
    world, steps = World(), Steps()
    releases = ModelReleases(world, steps)
    for each in ("kept", "live", run):
        identity = releases.begin(each, None, "test").release_id
        if each != run:
            ModelReleases.publish(releases, identity, each, "test")
    return world, release_id(NAMES.zone, run, 0)
