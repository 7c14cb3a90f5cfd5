"""SHOW: what exists, as far as the role may see it."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from typing import Any

from .. import errors, results
from ..access import Access, kind_of, managed_by
from ..catalog import (
    Catalog,
    Database,
    FutureGrant,
    Grant,
    Integration,
    Membership,
    Object,
    Role,
    Schema,
    Securable,
    User,
    Warehouse,
)
from ..columns import of_table, of_view
from ..names import Names
from ..results import Result
from ..session import Session
from ..system_views import TIME, row_counts, time
from ..words import Words
from .users import secondary_roles

_OBJECT_KINDS = {
    "OBJECTS": ("TABLE", "VIEW"),
    "TABLES": ("TABLE",),
    "VIEWS": ("VIEW",),
    "STAGES": ("STAGE",),
    "SEQUENCES": ("SEQUENCE",),
    "FILE FORMATS": ("FILE FORMAT",),
    "USER FUNCTIONS": ("FUNCTION",),
    "FUNCTIONS": ("FUNCTION",),
}
_EMPTY = {
    "PRIMARY KEYS": ["created_on", "database_name", "schema_name", "table_name", "column_name", "key_sequence"],
    "UNIQUE KEYS": ["created_on", "database_name", "schema_name", "table_name", "column_name", "key_sequence"],
    "IMPORTED KEYS": ["created_on", "pk_database_name", "pk_schema_name", "pk_table_name", "pk_column_name"],
    "USER PROCEDURES": ["created_on", "name", "schema_name", "is_builtin", "arguments", "catalog_name"],
    "PROCEDURES": ["created_on", "name", "schema_name", "is_builtin", "arguments", "catalog_name"],
    "DYNAMIC TABLES": ["created_on", "name", "database_name", "schema_name"],
    "MATERIALIZED VIEWS": ["created_on", "name", "database_name", "schema_name"],
    "EXTERNAL TABLES": ["created_on", "name", "database_name", "schema_name"],
    "STREAMS": ["created_on", "name", "database_name", "schema_name"],
    "TASKS": ["created_on", "name", "database_name", "schema_name"],
    "PIPES": ["created_on", "name", "database_name", "schema_name"],
    "TRANSACTIONS": ["id", "user", "session", "name", "started_on", "state"],
}
_PARAMETERS = ("QUERY_TAG", "TIMEZONE", "AUTOCOMMIT", "QUOTED_IDENTIFIERS_IGNORE_CASE")


class _Scope:
    """IN ACCOUNT, IN DATABASE x, IN SCHEMA x.y, or where the session is."""

    def __init__(self, words: Words, session: Session, catalog: Catalog, access: Access) -> None:
        self.database: Database | None = None
        self.schema: Schema | None = None
        self.relation: Object | None = None
        names = Names(session, catalog, access)
        if not words.take("IN"):
            if session.database is not None:
                self.database = catalog.database(session.database)
                if self.database and session.schema is not None:
                    self.schema = catalog.schema(self.database.id, session.schema)
            return
        if words.take("ACCOUNT"):
            return
        if words.take("DATABASE"):
            self.database = names.database(words.name() if not words.done and not words.peek("LIMIT") else _here(names))
        elif words.take("TABLE") or words.take("VIEW"):
            self.relation = names.object(words.path(), "TABLE")
            self.schema = catalog.by_id(Schema, self.relation.schema)
        else:
            words.take("SCHEMA")
            path = words.path()
            if len(path) == 1 and catalog.database(path[0]) and not _is_schema_here(names, catalog, path[0]):
                self.database = names.database(path[0])
            else:
                self.schema = names.schema(path, entered=False)
        if self.schema is not None:
            self.database = catalog.by_id(Database, self.schema.database)

    def schemas(self, catalog: Catalog) -> Iterator[tuple[Database, Schema]]:
        for database in [self.database] if self.database else catalog.all(Database):
            for schema in [self.schema] if self.schema else catalog.schemas_in(database.id):
                yield database, schema


def _here(names: Names) -> str:
    return names.current_database()


def _is_schema_here(names: Names, catalog: Catalog, name: str) -> bool:
    try:
        database = catalog.database(names.current_database())
    except errors.SqlError:
        return False
    return database is not None and catalog.schema(database.id, name) is not None


def show(session: Session, words: Words) -> Result:
    """Everything after the word SHOW."""
    terse = words.take("TERSE")
    catalog = session.catalog
    access = session.access(catalog)
    future = words.take("FUTURE GRANTS")
    if future or words.take("GRANTS"):
        return _grants(session, words, catalog, access, future)
    kind = words.take_one(
        *_OBJECT_KINDS,
        *_EMPTY,
        "SCHEMAS",
        "DATABASES",
        "COLUMNS",
        "WAREHOUSES",
        "ROLES",
        "USERS",
        "PARAMETERS",
        "STORAGE INTEGRATIONS",
        "INTEGRATIONS",
    )
    if kind is None:
        raise errors.unsupported(f"SHOW {words.word()}")
    words.take("HISTORY")
    like = words.string() if words.take("LIKE") else None
    if kind == "PARAMETERS":
        return _parameters(session, words, like)
    if kind in _EMPTY:
        return results.rows(_EMPTY[kind], [])
    try:
        scope = _Scope(words, session, catalog, access)
    except errors.SqlError as error:
        raise errors.nowhere() if error.code == 2003 else error from None
    starts = words.string() if words.take("STARTS WITH") else None
    limit = int(words.value()) if words.take("LIMIT") else None
    after = words.string() if words.take("FROM") else ""
    words.end()
    if kind in _OBJECT_KINDS:
        columns, rows = _objects(session, catalog, access, scope, kind)
    elif kind == "SCHEMAS":
        columns, rows = _schemas(session, catalog, access, scope)
    elif kind == "DATABASES":
        columns, rows = _databases(session, catalog, access)
    elif kind == "COLUMNS":
        columns, rows = _columns(session, catalog, access, scope)
    elif kind == "WAREHOUSES":
        columns, rows = _warehouses(session, catalog, access)
    elif kind == "ROLES":
        columns, rows = _roles(session, catalog)
    elif kind.endswith("INTEGRATIONS"):
        columns, rows = _integrations(catalog, access)
    else:
        columns, rows = _users(session, catalog, access)
    at = [c if isinstance(c, str) else c[0] for c in columns].index("column_name" if kind == "COLUMNS" else "name")
    kept = [
        row
        for row in rows
        if matches(row[at], like) and row[at] > after and (starts is None or row[at].startswith(starts))
    ]
    if kind not in ("DATABASES", "ROLES", "USERS", "WAREHOUSES", "COLUMNS"):
        kept.sort(key=lambda row: (str(row[at]),))
    if limit is not None:
        kept = kept[:limit]
    if terse and kind in ("OBJECTS", "TABLES", "VIEWS", "SCHEMAS", "DATABASES"):
        wanted = ["created_on", "name", "kind", "database_name", "schema_name"]
        names = [c if isinstance(c, str) else c[0] for c in columns]
        kept = [[row[names.index(w)] if w in names else _terse(kind, w) for w in wanted] for row in kept]
        columns = [("created_on", TIME), *wanted[1:]]
    return results.rows(columns, kept)


def _terse(kind: str, column: str) -> str | None:
    return {"VIEWS": "VIEW", "DATABASES": "STANDARD"}.get(kind) if column == "kind" else None


def matches(name: str, like: str | None) -> bool:
    """SQL's LIKE, as SHOW applies it: without regard to case."""
    if like is None:
        return True
    pattern = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in like.replace("\\_", "_"))
    return re.fullmatch(pattern, name, re.IGNORECASE) is not None or fnmatch.fnmatchcase(name, like)


_Table = tuple[list[str | tuple[str, str]], list[list[Any]]]


def _objects(session: Session, catalog: Catalog, access: Access, scope: _Scope, kind: str) -> _Table:
    counts = row_counts(session) if kind in ("OBJECTS", "TABLES") else {}
    found = [
        (database, schema, thing)
        for database, schema in scope.schemas(catalog)
        for thing in catalog.objects_in(schema.id)
        if thing.kind in _OBJECT_KINDS[kind] and access.sees(thing)
    ]
    head: list[str | tuple[str, str]] = [("created_on", TIME), "name", "kind", "database_name", "schema_name"]
    if kind == "STAGES":
        return (
            [("created_on", TIME), "name", "database_name", "schema_name", "url", "has_credentials",
             "has_encryption_key", "owner", "comment", "region", "type", "cloud", "notification_channel",
             "storage_integration"],
            [
                [time(o.created), o.name, d.name, s.name, o.detail.get("url", ""), "N", "N", o.owner, o.comment, None,
                 "EXTERNAL" if o.detail.get("url") else "INTERNAL", "AWS", None, o.detail.get("integration") or None]
                for d, s, o in found
            ],
        )  # fmt: skip
    if kind == "SEQUENCES":
        return (
            ["name", "database_name", "schema_name", ("next_value", "BIGINT"), ("interval", "BIGINT"),
             ("created_on", TIME), "owner", "comment"],
            [
                [o.name, d.name, s.name, o.detail.get("start", 1), o.detail.get("increment", 1), time(o.created),
                 o.owner, o.comment]
                for d, s, o in found
            ],
        )  # fmt: skip
    if kind == "FILE FORMATS":
        return (
            [("created_on", TIME), "name", "database_name", "schema_name", "type", "owner", "comment"],
            [
                [time(o.created), o.name, d.name, s.name, str(o.detail.get("TYPE", "CSV")), o.owner, o.comment]
                for d, s, o in found
            ],
        )
    if kind in ("FUNCTIONS", "USER FUNCTIONS"):
        return (
            [("created_on", TIME), "name", "schema_name", "is_builtin", "arguments", "catalog_name", "language"],
            [
                [time(o.created), o.name, s.name, "N",
                 f"{o.name}({', '.join('VARCHAR' for _ in o.detail['arguments'])}) RETURN VARCHAR", d.name, "PYTHON"]
                for d, s, o in found
            ],
        )  # fmt: skip
    if kind == "VIEWS":
        return (
            [("created_on", TIME), "name", "reserved", "database_name", "schema_name", "owner", "comment", "text",
             "is_secure", "is_materialized", "owner_role_type", "change_tracking"],
            [
                [time(o.created), o.name, "", d.name, s.name, o.owner, o.comment, o.detail.get("definition"), "false",
                 "false", "ROLE", "OFF"]
                for d, s, o in found
            ],
        )  # fmt: skip
    return (
        [*head, "comment", "cluster_by", ("rows", "BIGINT"), ("bytes", "BIGINT"), "owner", "retention_time",
         "owner_role_type", "is_hybrid", "is_dynamic", "is_iceberg", "is_interactive"],
        [
            [time(o.created), o.name, _shown_kind(o, kind), d.name, s.name, o.comment, "", counts.get(o.physical),
             counts.get(o.physical, 0) * 100 if o.kind == "TABLE" else None, o.owner, "1", "ROLE", "N", "N", "N", "N"]
            for d, s, o in found
        ],
    )  # fmt: skip


def _shown_kind(thing: Object, show: str) -> str:
    return "TRANSIENT" if show == "TABLES" and thing.transient else thing.kind


def _schemas(session: Session, catalog: Catalog, access: Access, scope: _Scope) -> _Table:
    databases = [scope.database] if scope.database else [d for d in catalog.all(Database) if access.sees(d)]
    rows: list[list[Any]] = []
    for d in databases:
        here = d.name == session.database
        for s in catalog.schemas_in(d.id):
            if access.sees(s):
                rows.append(
                    [time(s.created), s.name, "N", "Y" if here and s.name == session.schema else "N", d.name, s.owner,
                     s.comment, ", ".join(["TRANSIENT"] * s.transient + ["MANAGED ACCESS"] * s.managed), "1", "ROLE",
                     None]
                )  # fmt: skip
        rows.append([time(d.created), "INFORMATION_SCHEMA", "N", "N", d.name, "", "", "", "1", "", None])
    return (
        [("created_on", TIME), "name", "is_default", "is_current", "database_name", "owner", "comment", "options",
         "retention_time", "owner_role_type", "schema_name"],
        rows,
    )  # fmt: skip


def _databases(session: Session, catalog: Catalog, access: Access) -> _Table:
    return (
        [("created_on", TIME), "name", "is_default", "is_current", "origin", "owner", "comment", "options",
         "retention_time", "kind"],
        [
            [time(d.created), d.name, "N", "Y" if d.name == session.database else "N", "", d.owner, d.comment,
             "TRANSIENT" if d.transient else "", "1", "STANDARD"]
            for d in sorted(catalog.all(Database), key=lambda d: d.name)
            if access.sees(d)
        ],
    )  # fmt: skip


def _columns(session: Session, catalog: Catalog, access: Access, scope: _Scope) -> _Table:
    rows: list[list[Any]] = []
    for database, schema in scope.schemas(catalog):
        for thing in [scope.relation] if scope.relation else catalog.objects_in(schema.id):
            if thing.kind not in ("TABLE", "VIEW") or not access.sees(thing):
                continue
            found = (
                of_view(thing.detail)
                if thing.kind == "VIEW"
                else of_table(session.connection, thing.physical, thing.detail)
            )
            rows += [
                [thing.name, schema.name, c.name, f'{{"type":"{c.type}","nullable":{str(c.nullable).lower()}}}',
                 str(c.nullable).lower(), c.default or "", "COLUMN", "", c.comment or "", database.name, ""]
                for c in found
            ]  # fmt: skip
    return (
        ["table_name", "schema_name", "column_name", "data_type", "null?", "default", "kind", "expression", "comment",
         "database_name", "autoincrement"],
        rows,
    )  # fmt: skip


def _warehouses(session: Session, catalog: Catalog, access: Access) -> _Table:
    return (
        ["name", "state", "type", "size", ("running", "BIGINT"), ("queued", "BIGINT"), "is_default", "is_current",
         ("auto_suspend", "BIGINT"), "auto_resume", ("created_on", TIME), "owner", "comment"],
        [
            [w.name, w.state, "STANDARD", w.size, 0, 0, "N", "Y" if w.name == session.warehouse else "N",
             w.auto_suspend, str(w.auto_resume).lower(), time(w.created), w.owner, w.comment]
            for w in sorted(catalog.all(Warehouse), key=lambda w: w.name)
            if access.sees(w)
        ],
    )  # fmt: skip


def _roles(session: Session, catalog: Catalog) -> _Table:
    members = catalog.all(Membership)
    inherited = catalog.inherited(session.role)
    return (
        [("created_on", TIME), "name", "is_default", "is_current", "is_inherited", ("assigned_to_users", "BIGINT"),
         ("granted_to_roles", "BIGINT"), ("granted_roles", "BIGINT"), "owner", "comment"],
        [
            [time(r.created), r.name, "N", "Y" if r.name == session.role else "N",
             "Y" if r.name in inherited and r.name != session.role else "N",
             sum(m.role == r.name and m.to_kind == "USER" for m in members),
             sum(m.role == r.name and m.to_kind == "ROLE" for m in members),
             sum((m.to_kind, m.to_name) == ("ROLE", r.name) for m in members), r.owner, r.comment]
            for r in sorted(catalog.all(Role), key=lambda r: r.name)
        ],
    )  # fmt: skip


def _integrations(catalog: Catalog, access: Access) -> _Table:
    return (
        ["name", "type", "category", "enabled", "comment", ("created_on", TIME)],
        [
            [i.name, "EXTERNAL_STAGE", "STORAGE", str(i.enabled).lower(), i.comment or None, time(i.created)]
            for i in sorted(catalog.all(Integration), key=lambda i: i.name)
            if access.sees(i)
        ],
    )


def _users(session: Session, catalog: Catalog, access: Access) -> _Table:
    """Every user's name for everybody; the rest for the user's owner, and who may create users or manages grants."""
    sees_all = access.manages or access.may_on_account("CREATE USER", "USERADMIN", "SECURITYADMIN")
    return (
        ["name", ("created_on", TIME), "login_name", "display_name", "first_name", "last_name", "email",
         "mins_to_unlock", "days_to_expiry", "comment", "disabled", "must_change_password", "snowflake_lock",
         "default_warehouse", "default_namespace", "default_role", "default_secondary_roles", "ext_authn_duo",
         "ext_authn_uid", "mins_to_bypass_mfa", "owner", ("last_success_login", TIME), ("expires_at_time", TIME),
         ("locked_until_time", TIME), "has_password", "has_rsa_public_key", "type", "has_mfa", "has_pat",
         "has_federated_workload_authentication"],
        [
            [u.name, time(u.created), u.login_name or u.name, u.name, "", "", u.email, "", "", u.comment or None,
             str(u.disabled).lower(), "false", "false", u.default_warehouse or None, u.default_namespace or None,
             u.default_role or None, secondary_roles(u), "false", "", u.mins_to_bypass_mfa, u.owner, None, None, None,
             str(bool(u.password)).lower(), str(any(u.public_keys)).lower(), u.type or None, "false", "false", "false"]
            if sees_all or u.owner in access.roles or u.name == session.user
            else [u.name, *[None] * 29]
            for u in sorted(catalog.all(User), key=lambda u: u.name)
        ],
    )  # fmt: skip


def _parameters(session: Session, words: Words, like: str | None) -> Result:
    if (words.take("IN") or words.take("FOR")) and not words.take("SESSION"):
        raise errors.unsupported("SHOW PARAMETERS of anything but the session")
    words.end()
    rows = []
    for key in sorted({*_PARAMETERS, *session.parameters}):
        default = {"TIMEZONE": "Etc/UTC", "AUTOCOMMIT": "true", "QUOTED_IDENTIFIERS_IGNORE_CASE": "false"}.get(key, "")
        value = str(session.autocommit).lower() if key == "AUTOCOMMIT" else session.parameters.get(key, default)
        if matches(key, like):
            rows.append([key, str(value), default, "SESSION" if key in session.parameters else "", "", "STRING"])
    return results.rows(["key", "value", "default", "level", "description", "type"], rows)


# -- grants ----------------------------------------------------------------------------------------------------------

_GRANT_COLUMNS: list[str | tuple[str, str]] = [
    ("created_on", TIME), "privilege", "granted_on", "name", "granted_to", "grantee_name", "grant_option", "granted_by",
]  # fmt: skip


_FUTURE_COLUMNS: list[str | tuple[str, str]] = [
    ("created_on", TIME), "privilege", "grant_on", "name", "grant_to", "grantee_name", "grant_option",
]  # fmt: skip


def _grants(session: Session, words: Words, catalog: Catalog, access: Access, future: bool) -> Result:
    if words.peek("TO", "DATABASE") or words.peek("OF", "DATABASE"):
        raise errors.unsupported("database roles")
    if words.take("TO ROLE"):
        role = words.name()
        if catalog.role(role) is None:
            raise errors.missing("role", role)
        if future:
            return results.rows(_FUTURE_COLUMNS, _future_to(catalog, role))
        return results.rows(_GRANT_COLUMNS, _granted_to(catalog, role))
    if words.take("TO USER"):
        user = words.name()
        if catalog.user(user) is None:
            raise errors.missing("user", user)
        rows = [
            [time(m.created), m.role, "USER", m.to_name, m.granted_by]
            for m in catalog.all(Membership)
            if (m.to_kind, m.to_name) == ("USER", user)
        ]
        return results.rows([("created_on", TIME), "role", "granted_to", "grantee_name", "granted_by"], rows)
    if words.take("OF ROLE"):
        role = words.name()
        rows = [[time(m.created), m.role, m.to_kind, m.to_name, m.granted_by]
                for m in catalog.all(Membership) if m.role == role]  # fmt: skip
        return results.rows([("created_on", TIME), "role", "granted_to", "grantee_name", "granted_by"], rows)
    if words.take("IN"):
        names = Names(session, catalog, access)
        within: Database | Schema
        if words.take("DATABASE"):
            within = names.database(words.name())
        else:
            words.take("SCHEMA")
            within = names.schema(words.path(), entered=False)
        rows = [_future_row(catalog, f, within) for f in catalog.future_grants_in(within.id)]
        return results.rows(_FUTURE_COLUMNS, rows)
    if words.done:
        rows = [[time(m.created), m.role, "USER", m.to_name, m.granted_by] for m in catalog.all(Membership)
                if (m.to_kind, m.to_name) == ("USER", session.user)]  # fmt: skip
        return results.rows([("created_on", TIME), "role", "granted_to", "grantee_name", "granted_by"], rows)
    words.expect("ON")
    return results.rows(_GRANT_COLUMNS, _granted_on(words, session, catalog, access))


def _granted_on(words: Words, session: Session, catalog: Catalog, access: Access) -> list[list[Any]]:
    names = Names(session, catalog, access)
    thing: Securable
    kind = words.take_one(
        "DATABASE", "SCHEMA", "TABLE", "VIEW", "SEQUENCE", "STAGE", "FILE FORMAT", "WAREHOUSE", "INTEGRATION"
    )
    if words.take("ACCOUNT"):
        return [_grant_row(g, "ACCOUNT", "ASSAY") for g in catalog.grants_on(0)]
    if kind == "DATABASE":
        thing = names.database(words.name())
    elif kind == "SCHEMA":
        thing = names.schema(words.path(), entered=False)
    elif kind in ("WAREHOUSE", "INTEGRATION"):
        name = words.name()
        found = catalog.warehouse(name) if kind == "WAREHOUSE" else catalog.integration(name)
        if found is None or not access.sees(found):
            raise errors.missing(kind, name)
        thing = found
    else:
        thing = names.object(words.path(), kind or "TABLE")
    path = catalog.path(thing)
    kind, with_option = kind_of(thing), managed_by(catalog, thing) is None
    own = [_grant_row(Grant("OWNERSHIP", kind, thing.id, thing.owner, thing.owner, thing.created, with_option),
                      kind, path)]  # fmt: skip
    if isinstance(thing, Schema) and thing.managed:
        own.append([own[0][0], "MANAGE GRANTS", *own[0][2:]])
    return [*own, *(_grant_row(g, kind_of(thing), path) for g in catalog.grants_on(thing.id))]


def _grant_row(grant: Grant, kind: str, path: str) -> list[Any]:
    return [
        time(grant.created), grant.privilege, kind.replace(" ", "_"), path, "ROLE", grant.role,
        str(grant.grant_option).lower(), grant.granted_by,
    ]  # fmt: skip


def _future_row(catalog: Catalog, grant: FutureGrant, within: Database | Schema) -> list[Any]:
    return [
        time(grant.created), grant.privilege, grant.kind, f"{catalog.path(within)}.<{grant.kind}>", "ROLE", grant.role,
        str(grant.grant_option).lower(),
    ]  # fmt: skip


def _future_to(catalog: Catalog, role: str) -> list[list[Any]]:
    homes: dict[int, Database | Schema] = {database.id: database for database in catalog.all(Database)}
    homes |= {schema.id: schema for schema in catalog.all(Schema)}
    return [_future_row(catalog, f, homes[f.within]) for f in catalog.all(FutureGrant) if f.role == role]


def _granted_to(catalog: Catalog, role: str) -> list[list[Any]]:
    things: dict[int, Securable] = {}
    things.update((thing.id, thing) for thing in catalog.securables())
    rows = [
        [
            time(m.created),
            "USAGE",
            "DATABASE_ROLE" if "." in m.role else "ROLE",
            m.role,
            "ROLE",
            role,
            "false",
            m.granted_by,
        ]
        for m in catalog.all(Membership)
        if (m.to_kind, m.to_name) == ("ROLE", role)
    ]
    for grant in catalog.all(Grant):
        if grant.role == role:
            on = things.get(grant.on)
            rows.append(_grant_row(grant, kind_of(on) if on else "ACCOUNT", catalog.path(on) if on else "ASSAY"))
    for thing in things.values():
        if thing.owner == role:
            rows.append(
                _grant_row(
                    Grant("OWNERSHIP", kind_of(thing), thing.id, role, role, thing.created, True),
                    kind_of(thing),
                    catalog.path(thing),
                )
            )
    return rows
