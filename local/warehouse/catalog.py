"""What exists: databases, schemas, objects, roles, users, warehouses and grants, as one immutable snapshot.

Names are only labels on numbered things, so that renaming and swapping change one label and move no data, and
grants stay with the thing they were given on. Statements resolve every name against a single snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

RELATIONS = ("TABLE", "VIEW")


@dataclass(frozen=True)
class Database:
    id: int
    name: str
    owner: str
    created: float
    comment: str = ""
    transient: bool = False

    @property
    def key(self) -> str:
        return f"database/{self.id}"


@dataclass(frozen=True)
class Schema:
    id: int
    database: int
    name: str
    owner: str
    created: float
    comment: str = ""
    transient: bool = False

    @property
    def key(self) -> str:
        return f"schema/{self.id}"


@dataclass(frozen=True)
class Object:
    """A table, view, sequence, stage or file format. ``detail`` is what its kind needs (a view's text, a URL…)."""

    id: int
    schema: int
    name: str
    kind: str
    owner: str
    created: float
    altered: float
    comment: str = ""
    transient: bool = False
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"object/{self.id}"

    @property
    def physical(self) -> str:
        """The name of the thing in DuckDB that holds this table's rows or this sequence's counter."""
        return f"t{self.id}"


@dataclass(frozen=True)
class Role:
    name: str
    owner: str
    created: float
    comment: str = ""

    @property
    def key(self) -> str:
        return f"role/{self.name}"


@dataclass(frozen=True)
class User:
    name: str
    owner: str
    created: float
    password: str = ""  # scrypt, salted: see logins.py
    public_keys: tuple[str, ...] = ()  # base64 DER, SubjectPublicKeyInfo
    default_role: str = ""
    default_warehouse: str = ""
    default_namespace: str = ""
    type: str = ""
    disabled: bool = False
    comment: str = ""

    @property
    def key(self) -> str:
        return f"user/{self.name}"


@dataclass(frozen=True)
class Warehouse:
    id: int
    name: str
    owner: str
    created: float
    size: str = "X-Small"
    state: str = "STARTED"
    auto_suspend: int = 600
    auto_resume: bool = True
    comment: str = ""

    @property
    def key(self) -> str:
        return f"warehouse/{self.id}"


@dataclass(frozen=True)
class Grant:
    """``privilege`` on the thing numbered ``on`` (0 is the account itself), to a role."""

    privilege: str
    kind: str
    on: int
    role: str
    granted_by: str
    created: float
    grant_option: bool = False

    @property
    def key(self) -> str:
        return f"grant/{self.on}/{self.privilege}/{self.role}"


@dataclass(frozen=True)
class FutureGrant:
    """``privilege`` on whatever ``kind`` of thing is made in the database or schema numbered ``within``."""

    privilege: str
    kind: str
    within: int
    role: str
    granted_by: str
    created: float
    grant_option: bool = False

    @property
    def key(self) -> str:
        return f"future/{self.within}/{self.kind}/{self.privilege}/{self.role}"


@dataclass(frozen=True)
class Membership:
    """A role given to a user or to another role (which then inherits all it may do)."""

    role: str
    to_kind: str
    to_name: str
    granted_by: str
    created: float

    @property
    def key(self) -> str:
        return f"member/{self.role}/{self.to_kind}/{self.to_name}"


Entity = Database | Schema | Object | Role | User | Warehouse | Grant | FutureGrant | Membership
Securable = Database | Schema | Object | Warehouse
ENTITIES: dict[str, type[Entity]] = {
    "database": Database,
    "schema": Schema,
    "object": Object,
    "role": Role,
    "user": User,
    "warehouse": Warehouse,
    "grant": Grant,
    "future": FutureGrant,
    "member": Membership,
}
E_ = TypeVar("E_", bound=Entity)


def namespace(kind: str) -> str:
    """Tables and views share their names; every other kind of object has names of its own."""
    return "RELATION" if kind in RELATIONS else kind


class Catalog:
    """One consistent view of everything that exists. Never changed: a change makes the next one."""

    def __init__(self, entries: Mapping[str, Entity]) -> None:
        self.entries = dict(entries)
        self._by_type: dict[type[Any], list[Any]] = {kind: [] for kind in ENTITIES.values()}
        for entity in self.entries.values():
            self._by_type[type(entity)].append(entity)
        self._databases = {d.name: d for d in self.all(Database)}
        self._schemas = {(s.database, s.name): s for s in self.all(Schema)}
        self._objects = {(o.schema, namespace(o.kind), o.name): o for o in self.all(Object)}
        self._warehouses = {w.name: w for w in self.all(Warehouse)}

    def all(self, kind: type[E_]) -> list[E_]:
        return self._by_type[kind]

    def securables(self) -> list[Securable]:
        """Everything that has an owner and can be granted on."""
        return [*self.all(Database), *self.all(Schema), *self.all(Object), *self.all(Warehouse)]

    def database(self, name: str) -> Database | None:
        return self._databases.get(name)

    def schema(self, database: int, name: str) -> Schema | None:
        return self._schemas.get((database, name))

    def object(self, schema: int, kind: str, name: str) -> Object | None:
        """By name; asking for a TABLE also finds a view of that name, and the other way round."""
        return self._objects.get((schema, namespace(kind), name))

    def role(self, name: str) -> Role | None:
        found = self.entries.get(f"role/{name}")
        return found if isinstance(found, Role) else None

    def user(self, name: str) -> User | None:
        found = self.entries.get(f"user/{name}")
        return found if isinstance(found, User) else None

    def warehouse(self, name: str) -> Warehouse | None:
        return self._warehouses.get(name)

    def schemas_in(self, database: int) -> list[Schema]:
        return [s for s in self.all(Schema) if s.database == database]

    def objects_in(self, schema: int) -> list[Object]:
        return self._objects_by_schema.get(schema, [])

    @cached_property
    def _objects_by_schema(self) -> dict[int, list[Object]]:
        found: dict[int, list[Object]] = {}
        for thing in self.all(Object):
            found.setdefault(thing.schema, []).append(thing)
        return found

    def by_id(self, kind: type[E_], id: int) -> E_:
        prefix = next(name for name, entity in ENTITIES.items() if entity is kind)
        found = self.entries[f"{prefix}/{id}"]
        assert isinstance(found, kind)
        return found

    def path(self, thing: Securable) -> str:
        """The full name by which people know it, e.g. ``LOCAL_FLIGHTS.GOLD.FCT_LEGS``."""
        if isinstance(thing, Object):
            return f"{self.path(self.by_id(Schema, thing.schema))}.{thing.name}"
        if isinstance(thing, Schema):
            return f"{self.by_id(Database, thing.database).name}.{thing.name}"
        return thing.name

    # -- access ------------------------------------------------------------------------------------------------

    def grants_on(self, id: int) -> list[Grant]:
        return self._grants_by_target.get(id, [])

    @cached_property
    def _grants_by_target(self) -> dict[int, list[Grant]]:
        found: dict[int, list[Grant]] = {}
        for grant in self.all(Grant):
            found.setdefault(grant.on, []).append(grant)
        return found

    @cached_property
    def _parents(self) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = {}
        for member in self.all(Membership):
            found.setdefault((member.to_kind, member.to_name), []).append(member.role)
        return found

    def roles_of_user(self, user: str) -> set[str]:
        return {"PUBLIC", *self._parents.get(("USER", user), [])}

    @cached_property
    def _closures(self) -> dict[str, frozenset[str]]:
        return {}

    def inherited(self, role: str) -> frozenset[str]:
        """The role itself and every role it inherits from, PUBLIC included."""
        if role not in self._closures:
            found: set[str] = set()
            waiting = [role, "PUBLIC"]
            while waiting:
                name = waiting.pop()
                if name not in found:
                    found.add(name)
                    waiting += self._parents.get(("ROLE", name), [])
            self._closures[role] = frozenset(found)
        return self._closures[role]

    def future_grants(self, schema: Schema, kind: str) -> Iterator[FutureGrant]:
        """What a new thing of this kind is given at birth; grants of a schema replace those of its database."""
        within_schema = [f for f in self.all(FutureGrant) if f.within == schema.id and f.kind == kind]
        if within_schema:
            yield from within_schema
        else:
            yield from (f for f in self.all(FutureGrant) if f.within == schema.database and f.kind == kind)


class Draft:
    """The changes of one statement, on top of a snapshot."""

    def __init__(self, base: Catalog, next_id: Iterator[int]) -> None:
        self.base = base
        self.changed: dict[str, Entity | None] = {}
        self.last: list[Callable[[], object]] = []  # what may only be done when all else is: dropping what is replaced
        self._next_id = next_id

    def new_id(self) -> int:
        return next(self._next_id)

    def put(self, *entities: Entity) -> None:
        for entity in entities:
            self.changed[entity.key] = entity

    def remove(self, entities: Iterable[Entity]) -> None:
        for entity in entities:
            self.changed[entity.key] = None

    def catalog(self) -> Catalog:
        """The snapshot with the changes so far in it."""
        entries = dict(self.base.entries)
        for key, entity in self.changed.items():
            if entity is None:
                entries.pop(key, None)
            else:
                entries[key] = entity
        return Catalog(entries)
