"""The three gold schemas of a zone: what is in them, and the statements that move a release through them.

Each holds a one-row table `_RELEASE` that names the release the schema holds. It moves with its schema, so after any
interruption the schemas themselves say what has happened.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from assay.releases.ledger import RowCount, render
from assay.sql import quoted, statements
from assay.warehouse import Warehouse, WarehouseError
from assay.zones import ServiceRole, ZoneNames
from assay.zones.names import CANDIDATE, GOLD, GOLD_SCHEMAS, PREVIOUS
from assay.zones.readers import GoldReaders

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
        rows = self._warehouse.execute(render("contents", names=self._names, schemas=GOLD_SCHEMAS))
        tables: dict[str, list[str]] = {schema: [] for schema in GOLD_SCHEMAS}
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

    def seal(self) -> None:
        """Take the built candidate over from the transformer, which can change nothing there from then on."""
        self._run("seal")

    def swap(self, one: str, other: str) -> None:
        """Exchange two schemas of which none is live."""
        self._warehouse.execute(render("swap", names=self._names, one=one, other=other))

    def go_live(self, other: str, readers: GoldReaders, tables: Sequence[str]) -> None:
        """Exchange GOLD with another schema, whose `tables` (in upper case) these readers may read from then on.

        In the moment of the exchange the readers of both schemas are those of today: none of them is interrupted, and
        who may no longer read sees neither. `close` follows.
        """
        self._narrow(GOLD, readers.tables)
        self.admit(other, readers, tables)
        self.swap(GOLD, other)
        self._open(GOLD, readers.tables)  # another process may have closed it a moment ago, under its other name

    def admit(self, schema: str, readers: GoldReaders, tables: Sequence[str]) -> None:
        """Let exactly these readers into a schema that is live, or is about to be."""
        self._narrow(schema, readers.tables)
        there = {role: _present(wanted, tables) for role, wanted in readers.tables.items()}
        self._run("prepare", schema=self._names.schema(schema), readers=there, others=readers.others)
        self._open(schema, readers.tables)

    def close(self, readers: GoldReaders, *, built: bool) -> None:
        """Let these readers and no one else into the live schema, and no one into the two others.

        `built`: GOLD_NEXT holds a candidate, in which the transformer goes on building.
        """
        inside = self._narrow(GOLD, readers.tables)
        self._open(GOLD, readers.tables.keys() - inside)
        self._narrow(PREVIOUS)
        self._narrow(CANDIDATE, builder=self._names.role(ServiceRole.TRANSFORMER) if built else None)

    def _open(self, schema: str, roles: Collection[str]) -> None:
        self._run("open", schema=self._names.schema(schema), roles=sorted(roles))

    def _narrow(self, schema: str, readers: Collection[str] = (), builder: str | None = None) -> set[str]:
        """Revoke what any role but the owner, these readers and the builder holds on a schema. Returns the readers that
        it is open to."""
        full_name, inside = self._names.schema(schema), set[str]()
        for row in self._warehouse.execute(render("grants", schema=full_name)):
            privilege, role = str(row["privilege"]), str(row["grantee_name"])
            if role in readers and privilege == "USAGE":
                inside.add(role)
            elif privilege != "OWNERSHIP" and role != builder:
                kind = str(row["granted_to"]).replace("_", " ")
                self._run("revoke", schema=full_name, privilege=privilege, kind=kind, role=_exactly(role))
        return inside

    def _run(self, script: str, **context: object) -> None:
        text = render(
            script,
            names=self._names,
            gold=self._names.schema(GOLD),
            candidate=self._names.schema(CANDIDATE),
            transformer=self._names.role(ServiceRole.TRANSFORMER),
            publisher=self._names.role(ServiceRole.PUBLISHER),
            **context,
        )
        for statement in statements(text):
            self._warehouse.execute(statement)


def _present(wanted: Sequence[str] | None, tables: Sequence[str]) -> list[str] | None:
    """Those of the wanted tables that a release holds; an older one may lack some."""
    return None if wanted is None else [table for table in wanted if table.upper() in tables]


def _exactly(role: str) -> str:
    """A role as SQL writes it. SHOW puts some names in quotes and others not; in quotes each is what it is."""
    return role if role.startswith('"') else quoted(role)
