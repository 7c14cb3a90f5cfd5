"""What the release ledger has decided for a zone: which release is live, which one is kept, and whether publishing is
held. One row, changed only by the process that has seen its present version."""

from dataclasses import dataclass
from datetime import datetime

from assay.releases.ledger import Holding, render
from assay.warehouse import Warehouse
from assay.zones import ZoneNames


@dataclass(frozen=True)
class Hold:
    """Why nothing is published. `operation`: the rollback that set it; None when a person held publishing as such."""

    since: datetime
    by: str
    reason: str
    operation: str | None

    @property
    def sentence(self) -> str:
        return f'since {self.since:%Y-%m-%d %H:%M} UTC, by {self.by}: "{self.reason}".'


@dataclass(frozen=True)
class Decided:
    """`version` counts decisions. `applied`: the schemas held it once; until then the next verb finishes it."""

    version: int
    live: str | None
    previous: str | None
    applied: bool
    hold: Hold | None = None


@dataclass(frozen=True)
class Decision:
    """The change of the row. `reason` and `operation` are those of a hold that is set."""

    live: str | None
    previous: str | None
    applied: bool = False
    holding: Holding = Holding.KEEP
    actor: str | None = None
    reason: str | None = None
    operation: str | None = None


class ReleaseState:
    """Reads and changes the row, on a login of the zone's publisher."""

    def __init__(self, warehouse: Warehouse, names: ZoneNames) -> None:
        self._warehouse = warehouse
        self._names = names

    def read(self) -> Decided | None:
        """None for a zone whose releases were made before there was such a row, or that has none."""
        rows = self._warehouse.execute(render("state", ledger=self._names.ledger), {"zone": self._names.zone})
        if not rows:
            return None
        row = rows[0]
        hold = None
        if row["held_at"] is not None:
            hold = Hold(row["held_at"], row["held_by"], row["held_reason"], row["held_operation"])
        return Decided(int(row["version"]), row["live"], row["previous"], bool(row["applied"]), hold)

    def begin(self, live: str | None, previous: str | None) -> None:
        """Write the first row, unless it is there."""
        self._warehouse.execute(
            render("begin_state", ledger=self._names.ledger),
            {"zone": self._names.zone, "live": live, "previous": previous},
        )

    def decide(self, seen: Decided, decision: Decision) -> bool:
        """Change the row if it is still the one that was seen, and return whether it was.

        One statement: of two processes that have seen the same version, Snowflake lets one update the row, and the
        other, which waits for it, finds another version. It belongs first in the transaction that records the same.
        """
        rows = self._warehouse.execute(
            render("decide", ledger=self._names.ledger),
            {
                "zone": self._names.zone,
                "version": seen.version,
                "live": decision.live,
                "previous": decision.previous,
                "applied": decision.applied,
                "holding": decision.holding.value,
                "actor": decision.actor,
                "reason": decision.reason,
                "operation": decision.operation,
            },
        )
        return int(next(iter(rows[0].values()))) > 0

    def applied(self, seen: Decided) -> None:
        """The schemas hold what was decided."""
        self._warehouse.execute(
            render("applied", ledger=self._names.ledger), {"zone": self._names.zone, "version": seen.version}
        )
