"""Rules of rights and of COPY: who does what, one statement after the other, and what each is answered with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ADMIN, ONE, TWO = "admin", "one", "two"
"""Who speaks: the administrator, and two users with a role of the same name each and nothing granted to it but the
warehouse and USAGE on the rule's database and its schema S. Their names stand as {one} and {two} in statements, that of
the database as {db}."""


@dataclass(frozen=True)
class Missing:
    """What does not exist, or may not be known to exist."""


@dataclass(frozen=True)
class Denied:
    """What is there, and is not this role's to do."""


@dataclass(frozen=True)
class Column:
    """The values of some columns of the result, by their names in it."""

    names: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Put:
    """A file that is laid into the stage's folder before the next statement."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Rule:
    """One rule in a sentence, and the steps that show it. A step without an answer must only succeed."""

    says: str
    steps: Sequence[tuple[str, str] | tuple[str, str, Any] | Put]
    makes: str = ""
    """What only this rule's users need, when they are made: the options of CREATE USER."""


Rules = Mapping[str, Sequence[Rule]]
"""By the page of Snowflake's documentation that states them."""
