"""CREATE FUNCTION and DROP FUNCTION."""

from __future__ import annotations

from .. import errors, results
from ..creating import create_object, drop_object
from ..names import Names
from ..python_functions import parse_function
from ..results import Result
from ..session import Session
from ..words import Words


def create(session: Session, words: Words, or_replace: bool) -> Result:
    """CREATE FUNCTION … LANGUAGE PYTHON. A name is one function here: there is no overloading."""
    exists = words.take("IF NOT EXISTS")
    path = words.path()
    detail = parse_function(words)
    comment = detail.pop("comment")
    with session.changing() as draft:
        names = Names(session, draft.base, session.access(draft.base))
        schema, name = names.home(path)
        known = draft.base.object(schema.id, "FUNCTION", name)
        if exists and known is not None:
            return results.already_there(name)
        if known is not None and len(known.detail["arguments"]) != len(detail["arguments"]):
            raise errors.unsupported("functions of one name with different arguments")
        create_object(
            session, draft, schema, "FUNCTION", name, or_replace=or_replace, comment=comment, detail=detail,
        )  # fmt: skip
    return results.status(f"Function {name} successfully created.")


def drop(session: Session, words: Words) -> Result:
    """DROP FUNCTION [IF EXISTS] name(VARCHAR, …)."""
    exists = words.take("IF EXISTS")
    path = words.path()
    words.expect("(")
    arguments = 0
    while not words.take(")"):
        arguments += words.word() != ","
    words.end()
    with session.changing() as draft:
        names = Names(session, draft.base, session.access(draft.base))
        schema, name = names.home(path)
        found = draft.base.object(schema.id, "FUNCTION", name)
        if found is None or len(found.detail["arguments"]) != arguments:
            if exists:
                return results.already_gone(name)
            raise errors.missing("function", ".".join(names.qualified(path)))
        names.access.require("OWNERSHIP", found)
        drop_object(session, draft, found)
    return results.status(f"{name} successfully dropped.")
