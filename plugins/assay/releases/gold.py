"""The three gold schemas of a zone: what is in them, and the statements that move a release through them.

Each holds a one-row table `_RELEASE` that names the release the schema holds. It moves with its schema, so after any
interruption the schemas themselves say what has happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from assay.releases.register import RowCount, render
from assay.sql import statements
from assay.warehouse import Warehouse, WarehouseError
from assay.zones import Duty, ZoneNames
from assay.zones.names import CANDIDATE, GOLD, PREVIOUS
from assay.zones.readers import Reader

MARKER = "_RELEASE"
NO_SUCH_OBJECT = 2003  # Snowflake's number for an object that does not exist or may not be seen
MOST_LOOKS = 5


@dataclass(frozen=True)
class Contents:
    """What one look at the gold schemas found: the release each holds (None: none yet), and the candidate's objects."""

    live: str | None = None
    candidate: str | None = None
    previous: str | None = None
    tables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    candidate_views: tuple[str, ...] = ()


class Gold:
    """Logs in as the zone's publisher."""

    def __init__(self, warehouse: Warehouse, names: ZoneNames) -> None:
        self._warehouse = warehouse
        self._names = names

    def contents(self) -> Contents:
        """Look again when a schema was replaced or exchanged between the two statements of a look."""
        for _ in range(MOST_LOOKS):
            try:
                return self._contents()
            except WarehouseError as error:
                if error.code != NO_SUCH_OBJECT:
                    raise
        return self._contents()

    def _contents(self) -> Contents:
        rows = self._warehouse.execute(render("contents", names=self._names))
        tables: dict[str, list[str]] = {GOLD: [], CANDIDATE: [], PREVIOUS: []}
        views = []
        marked = []
        for row in rows:
            schema, name = row["table_schema"], row["table_name"]
            if name == MARKER:
                marked.append(schema)
            elif row["table_type"] == "VIEW":
                views += [name] if schema == CANDIDATE else []
            else:
                tables[schema].append(name)
        held = {}
        if marked:
            rows = self._warehouse.execute(render("markers", names=self._names, schemas=marked))
            held = {row["table_schema"]: row["release_id"] for row in rows}
        return Contents(
            live=held.get(GOLD),
            candidate=held.get(CANDIDATE),
            previous=held.get(PREVIOUS),
            tables={schema: tuple(names) for schema, names in tables.items()},
            candidate_views=tuple(views),
        )

    def row_counts(self, contents: Contents) -> dict[str, RowCount]:
        """Rows per table of the candidate beside the live release's."""
        tables = [(schema, table) for schema in (CANDIDATE, GOLD) for table in contents.tables[schema]]
        if not tables:
            return {}
        counts: dict[str, dict[str, int]] = {CANDIDATE: {}, GOLD: {}}
        for row in self._warehouse.execute(render("row_counts", names=self._names, tables=tables)):
            counts[row["table_schema"]][row["table_name"]] = int(row["row_count"])
        every = sorted({table for _, table in tables})
        return {table: RowCount(counts[CANDIDATE].get(table), counts[GOLD].get(table)) for table in every}

    def clone(self, release_id: str, run_id: str, leaving: Sequence[str] = ()) -> None:
        """Make GOLD_NEXT a copy of GOLD, without the tables that leave, for the transformer to build in.

        Its marker comes last: then it is whole.
        """
        self._run("clone", release_id=release_id, run_id=run_id, zone=self._names.zone, leaving=leaving)

    def open(self, readers: Sequence[Reader], strangers: Sequence[str]) -> None:
        """Takes the audited candidate over from the transformer, and lets in everyone who may read the live gold."""
        roles = [self._names.analyst, *(reader.role for reader in readers)]
        self._run("open", readers=readers, strangers=strangers, roles=roles, analyst=self._names.analyst)

    def swap(self, one: str, other: str) -> None:
        self._warehouse.execute(render("swap", names=self._names, one=one, other=other))

    def _run(self, script: str, **context: object) -> None:
        text = render(
            script,
            names=self._names,
            candidate=self._names.schema(CANDIDATE),
            transformer=self._names.role(Duty.TRANSFORMER),
            publisher=self._names.role(Duty.PUBLISHER),
            **context,
        )
        for statement in statements(text):
            self._warehouse.execute(statement)
