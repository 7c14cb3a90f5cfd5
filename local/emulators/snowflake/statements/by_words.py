"""The commands that sqlglot has no grammar for: which handler reads the words of each."""

from __future__ import annotations

from collections.abc import Callable

from .. import errors
from ..results import Result
from ..session import Session
from ..words import Words
from . import (
    copying,
    databases,
    functions,
    grants,
    integrations,
    roles,
    settings,
    show,
    stages,
    users,
    warehouses,
)

Handler = Callable[[Session, Words], Result]
_CREATE: dict[str, Callable[[Session, Words, bool], Result]] = {
    "USER": users.create_user,
    "ROLE": roles.create_role,
    "WAREHOUSE": warehouses.create_warehouse,
    "STORAGE INTEGRATION": integrations.create,
    "SCHEMA": databases.create_schema,
    "FUNCTION": functions.create,
    "STAGE": lambda session, words, replacing: stages.create(session, words, "STAGE", replacing),
    "FILE FORMAT": lambda session, words, replacing: stages.create(session, words, "FILE FORMAT", replacing),
}
_DROP: dict[str, Handler] = {
    "USER": users.drop_user,
    "ROLE": roles.drop_role,
    "WAREHOUSE": warehouses.drop_warehouse,
    "STORAGE INTEGRATION": integrations.drop,
    "INTEGRATION": integrations.drop,
    "FUNCTION": functions.drop,
}
_ALTER: dict[str, Handler] = {
    "SESSION": settings.alter_session,
    "USER": users.alter_user,
    "WAREHOUSE": warehouses.alter_warehouse,
    "SCHEMA": lambda session, words: databases.alter_home(session, words, "SCHEMA"),
    "DATABASE": lambda session, words: databases.alter_home(session, words, "DATABASE"),
}
_DESCRIBE: dict[str, Handler] = {
    "STAGE": stages.describe_stage,
    "USER": users.describe_user,
    "STORAGE INTEGRATION": integrations.describe,
    "INTEGRATION": integrations.describe,
}
_VERBS: dict[str, Handler] = {
    "GRANT": lambda session, words: grants.grant_or_revoke(session, words, True),
    "REVOKE": lambda session, words: grants.grant_or_revoke(session, words, False),
    "SHOW": show.show,
    "LIST": stages.list_stage,
    "LS": stages.list_stage,
    "REMOVE": stages.remove_files,
    "RM": stages.remove_files,
    "COPY": copying.copy_into,
    "UNSET": settings.unset_variable,
}


def run(session: Session, words: Words) -> Result:
    verb = words.word()
    if verb in _VERBS:
        return _VERBS[verb](session, words)
    if verb == "CREATE":
        return _create(session, words)
    handlers = {"DROP": _DROP, "ALTER": _ALTER, "DESC": _DESCRIBE, "DESCRIBE": _DESCRIBE}.get(verb, {})
    kind = words.take_one(*handlers)
    if kind is None:
        raise errors.unsupported(verb if words.done else f"{verb} {words.word()}")
    return handlers[kind](session, words)


def _create(session: Session, words: Words) -> Result:
    replacing = words.take("OR REPLACE")
    if words.take("TEMPORARY") or words.take("TEMP"):
        raise errors.unsupported(f"CREATE TEMPORARY {words.word()}")
    if words.take("TRANSIENT SCHEMA"):
        return databases.create_schema(session, words, replacing, transient=True)
    kind = words.take_one(*_CREATE)
    if kind is None:
        raise errors.unsupported(f"CREATE {words.word()}")
    return _CREATE[kind](session, words, replacing)
