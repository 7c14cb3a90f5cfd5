"""What exists: databases, schemas, objects, roles, users, warehouses and grants, as one immutable snapshot.

Names are only labels on numbered things, so that renaming and swapping change one label and move no data, and
grants stay with the thing they were given on. Statements resolve every name against a single snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
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
    managed: bool = False  # WITH MANAGED ACCESS: its owner grants what is in it, and the owners of that do not

    @property
    def key(self) -> str:
        return f"schema/{self.id}"


@dataclass(frozen=True)
class Object:
    """A table, view, sequence, stage, file format or function. ``detail`` is what its kind needs (a view's text…)."""

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
    login_name: str = ""
    email: str = ""
    secondary_roles: str = "ALL"  # Snowflake's default; () is an empty text
    network_policy: str = ""
    mins_to_bypass_mfa: str = ""

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
class Integration:
    """A storage integration: the folders of a bucket that stages may name, without credentials of their own."""

    id: int
    name: str
    owner: str
    created: float
    role_arn: str
    locations: tuple[str, ...]
    enabled: bool = True
    comment: str = ""

    @property
    def key(self) -> str:
        return f"integration/{self.id}"


@dataclass(frozen=True)
class Grant:
    """``privilege`` on the thing numbered ``on`` (0 is the account itself), to a role. Two roles may grant the same."""

    privilege: str
    kind: str
    on: int
    role: str
    granted_by: str
    created: float
    grant_option: bool = False

    @property
    def key(self) -> str:
        return f"grant/{self.on}/{self.privilege}/{self.role}/{self.granted_by}"


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


Entity = Database | Schema | Object | Role | User | Warehouse | Integration | Grant | FutureGrant | Membership
Securable = Database | Schema | Object | Warehouse | Integration
ENTITIES: dict[str, type[Entity]] = {
    "database": Database,
    "schema": Schema,
    "object": Object,
    "role": Role,
    "user": User,
    "warehouse": Warehouse,
    "integration": Integration,
    "grant": Grant,
    "future": FutureGrant,
    "member": Membership,
}
E_ = TypeVar("E_", bound=Entity)


def namespace(kind: str) -> str:
    """Tables and views share their names; every other kind of object has names of its own."""
    return "RELATION" if kind in RELATIONS else kind


class Catalog:
    """One consistent view of everything that exists. Never changed: a change makes the next one.

    Every statement that changes something makes one, so the next is a copy of this one's indexes with that change in
    them, and not made again from all there is.
    """

    def __init__(self, entries: Mapping[str, Entity]) -> None:
        self.entries: dict[str, Entity] = {}
        self._groups: dict[Hashable, dict[str, Entity]] = {}
        self._names: dict[Hashable, Entity] = {}
        self._closures: dict[str, frozenset[str]] = {}
        self._take(entries)

    def after(self, changes: Mapping[str, Entity | None]) -> Catalog:
        """The next view: with these entries by their keys, and without those that are None."""
        found = Catalog({})
        found.entries, found._groups, found._names = dict(self.entries), dict(self._groups), dict(self._names)
        if not any(key.startswith("member/") for key in changes):
            found._closures = self._closures
        found._take(changes)
        return found

    def _take(self, changes: Mapping[str, Entity | None]) -> None:
        copied: set[Hashable] = set()  # the other groups may still be those of the view before

        def group(name: Hashable) -> dict[str, Entity]:
            if name not in copied:
                self._groups[name] = dict(self._groups.get(name, {}))
                copied.add(name)
            return self._groups[name]

        for key, entity in changes.items():
            before = self.entries.pop(key, None) if entity is None else self.entries.get(key)
            groups = _groups(entity) if entity else ()
            if before is not None:
                for name in set(_groups(before)).difference(groups):
                    del group(name)[key]
                    if not self._groups[name]:
                        del self._groups[name]
                        copied.remove(name)
                if self._names.get(_name(before)) is before:  # it may be another's by now
                    del self._names[_name(before)]
            if entity is not None:
                self.entries[key] = entity
                self._names[_name(entity)] = entity
                for name in groups:
                    group(name)[key] = entity

    def _named(self, kind: type[E_], *name: Hashable) -> E_ | None:
        found = self._names.get((kind, *name))
        return found if isinstance(found, kind) else None

    def _group(self, kind: type[E_], *home: Hashable) -> Collection[E_]:
        found: Any = self._groups.get((kind, *home), {})
        values: Collection[E_] = found.values()
        return values

    def all(self, kind: type[E_]) -> Collection[E_]:
        return self._group(kind)

    def securables(self) -> list[Securable]:
        """Everything that has an owner and can be granted on."""
        account: list[Securable] = [*self.all(Database), *self.all(Warehouse), *self.all(Integration)]
        return [*account, *self.all(Schema), *self.all(Object)]

    def database(self, name: str) -> Database | None:
        return self._named(Database, name)

    def schema(self, database: int, name: str) -> Schema | None:
        return self._named(Schema, database, name)

    def object(self, schema: int, kind: str, name: str) -> Object | None:
        """By name; asking for a TABLE also finds a view of that name, and the other way round."""
        return self._named(Object, schema, namespace(kind), name)

    def role(self, name: str) -> Role | None:
        return self._named(Role, name)

    def user(self, name: str) -> User | None:
        return self._named(User, name)

    def warehouse(self, name: str) -> Warehouse | None:
        return self._named(Warehouse, name)

    def integration(self, name: str) -> Integration | None:
        return self._named(Integration, name)

    def schemas_in(self, database: int) -> Collection[Schema]:
        return self._group(Schema, database)

    def objects_in(self, schema: int) -> Collection[Object]:
        return self._group(Object, schema)

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

    def grants_on(self, id: int) -> Collection[Grant]:
        return self._group(Grant, id)

    def roles_of_user(self, user: str) -> set[str]:
        return {"PUBLIC", *(member.role for member in self._group(Membership, "USER", user))}

    def inherited(self, role: str) -> frozenset[str]:
        """The role itself and every role it inherits from, PUBLIC included."""
        if role not in self._closures:
            found: set[str] = set()
            waiting = [role, "PUBLIC"]
            while waiting:
                name = waiting.pop()
                if name not in found:
                    found.add(name)
                    waiting += [member.role for member in self._group(Membership, "ROLE", name)]
            self._closures[role] = frozenset(found)
        return self._closures[role]

    def future_grants_in(self, id: int) -> Collection[FutureGrant]:
        """Those of one database or of one schema."""
        return self._group(FutureGrant, id)

    def future_grants(self, schema: Schema, kind: str) -> list[FutureGrant]:
        """What a new thing of this kind is given at birth; grants of a schema replace those of its database."""
        in_schema = [f for f in self.future_grants_in(schema.id) if f.kind == kind]
        return in_schema or [f for f in self.future_grants_in(schema.database) if f.kind == kind]


def _name(entity: Entity) -> Hashable:
    """Under what it is looked up; there is never a second with the same."""
    match entity:
        case Schema():
            return Schema, entity.database, entity.name
        case Object():
            return Object, entity.schema, namespace(entity.kind), entity.name
        case Database() | Role() | User() | Warehouse() | Integration():
            return type(entity), entity.name
    return entity.key


def _groups(entity: Entity) -> tuple[Hashable, ...]:
    """The lists it is in: that of its kind, and that of what it belongs to."""
    kind = type(entity)
    match entity:
        case Schema():
            return (kind,), (kind, entity.database)
        case Object():
            return (kind,), (kind, entity.schema)
        case Grant():
            return (kind,), (kind, entity.on)
        case FutureGrant():
            return (kind,), (kind, entity.within)
        case Membership():
            return (kind,), (kind, entity.to_kind, entity.to_name)
    return ((kind,),)


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
        return self.base.after(self.changed)
