"""USE, ALTER SESSION, SET and UNSET: where a session is and how it behaves."""

from __future__ import annotations

from fakesnow import statement_type
from sqlglot import exp

from .. import errors, results
from ..access import kind_of
from ..names import Names, Parts, parts_of
from ..results import Result
from ..session import Session
from ..translation import upper_case
from ..words import Words

_FREE = {
    "QUERY_TAG", "STATEMENT_TIMEOUT_IN_SECONDS", "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "LOCK_TIMEOUT",
    "USE_CACHED_RESULT", "ABORT_DETACHED_QUERY", "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT",
}  # fmt: skip
"""Parameters of a session that are kept and change nothing here."""

_FIXED = {
    "TIMEZONE": ("UTC", "ETC/UTC"),
    "QUOTED_IDENTIFIERS_IGNORE_CASE": ("FALSE",),
    "TIMESTAMP_TYPE_MAPPING": ("TIMESTAMP_NTZ",),
    "DATE_INPUT_FORMAT": ("AUTO",),
    "TIME_INPUT_FORMAT": ("AUTO",),
    "TIMESTAMP_INPUT_FORMAT": ("AUTO",),
    "DATE_OUTPUT_FORMAT": ("YYYY-MM-DD",),
    "TIME_OUTPUT_FORMAT": ("HH24:MI:SS",),
    "TIMESTAMP_OUTPUT_FORMAT": ("YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM",),
    "WEEK_START": ("0",),
    "WEEK_OF_YEAR_POLICY": ("0",),
    "ERROR_ON_NONDETERMINISTIC_MERGE": ("TRUE",),
    "MULTI_STATEMENT_COUNT": ("1",),
}
"""Parameters that may be set to what holds here anyway, Snowflake's defaults."""


def use(session: Session, tree: exp.Use) -> Result:
    kind = tree.args.get("kind")
    what = str(getattr(kind, "name", kind) or "").upper()
    if what == "SECONDARY ROLES":
        use_secondary_roles(session, tree.this)
        return results.status(type_id=statement_type.USE)
    names = Names(session, session.catalog, session.access())
    parts = parts_of(upper_case(tree.this.copy())) if isinstance(tree.this, exp.Table) else (tree.this.name.upper(),)
    if what == "ROLE":
        use_role(session, parts[0])
    elif what == "WAREHOUSE":
        use_warehouse(session, parts[0])
    else:
        _use_place(session, names, parts, what == "DATABASE" or (not what and len(parts) == 1))
    return results.status(type_id=statement_type.USE)


def _use_place(session: Session, names: Names, parts: Parts, is_database: bool) -> None:
    try:
        if is_database:
            use_database(session, names, parts[0])
        else:
            schema = names.schema(parts, entered=False)
            session.database, session.schema = names.qualified_schema(parts)[0], schema.name
    except errors.SqlError as error:
        raise errors.nowhere() if error.code == 2003 else error from None


def holds(session: Session, role: str) -> bool:
    """Whether the session's user has been given the role, or one that inherits it."""
    catalog = session.catalog
    return catalog.role(role) is not None and any(
        role in catalog.inherited(name) for name in catalog.roles_of_user(session.user)
    )


def use_role(session: Session, role: str) -> None:
    if not holds(session, role):
        raise errors.SqlError(
            f"Requested role '{role}' is not assigned to the executing user. Specify another role to activate.",
            code=3013,
            state="42501",
        )
    session.role = role


def use_secondary_roles(session: Session, named: object) -> None:
    choice = named.name.upper() if isinstance(named, exp.Expr) else ""
    if choice not in ("ALL", "NONE"):
        raise errors.unsupported("USE SECONDARY ROLES with anything but ALL and NONE")
    session.secondary_roles = None if choice == "ALL" else frozenset()


def use_warehouse(session: Session, name: str) -> None:
    warehouse = session.catalog.warehouse(name)
    access = session.access()
    if warehouse is None or not access.sees(warehouse):
        raise errors.nowhere()
    if not access.may("USAGE", warehouse):
        raise errors.denied(kind_of(warehouse), name)
    session.warehouse = name


def use_database(session: Session, names: Names, name: str) -> None:
    database = names.database(name)
    public = session.catalog.schema(database.id, "PUBLIC")
    session.database = name
    session.schema = "PUBLIC" if public is not None and names.access.sees(public) else None


def alter_session(session: Session, words: Words) -> Result:
    """Everything after ALTER SESSION."""
    if words.take("SET"):
        for name, value in words.options().items():
            set_parameter(session, name, value)
    elif words.take("UNSET"):
        while not words.done:
            words.take(",")
            name = words.word()
            if not is_known(name):
                raise errors.invalid(f"invalid parameter '{name}'")
            session.parameters.pop(name, None)
    else:
        raise words.error("SET or UNSET was expected")
    return results.status()


def is_known(name: str) -> bool:
    """Whether a parameter of sessions has this name."""
    return name in _FREE or name in _FIXED or name == "AUTOCOMMIT"


def set_parameter(session: Session, name: str, value: str) -> None:
    if name == "AUTOCOMMIT":
        if not session.autocommit:
            session.commit()
        session.autocommit = value.upper() == "TRUE"
        return
    if not is_known(name):
        raise errors.invalid(f"invalid parameter '{name}'")
    if name in _FIXED and value.upper() not in _FIXED[name]:
        raise errors.unsupported(f"the session parameter {name} with a value other than {_FIXED[name][0]}")
    session.parameters[name] = value


def set_variable(session: Session, tree: exp.Set) -> Result:
    for item in tree.expressions:
        assignment = item.this
        if not isinstance(assignment, exp.EQ):
            raise errors.unsupported(f"'{tree.sql(dialect='snowflake')}'")
        value = assignment.expression
        if not isinstance(value, exp.Literal | exp.Boolean | exp.Null | exp.Neg):
            raise errors.unsupported("SET with anything but a literal")
        session.variables[assignment.this.name.upper()] = value.sql(dialect="snowflake")
    return results.status()


def unset_variable(session: Session, words: Words) -> Result:
    session.variables.pop(words.name(), None)
    return results.status()
