"""Who made a difference, and when: the statement in the query history that did it. Pure, but for `history`.

ACCOUNT_USAGE.QUERY_HISTORY shows a statement up to 45 minutes after it ran. Until then a grant's own row says which
role granted it, and when.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from assay.permissions.drift import Difference
from assay.sql import templates
from assay.warehouse import Warehouse

DAYS, MOST = 14, 10_000
"""How far the history is looked through, and how many of its latest statements."""
CLOSE = timedelta(seconds=90)
"""A grant's row is stamped while its statement runs."""

_WORDS = re.compile(r'"(?:[^"]|"")+"|[A-Z0-9_$]+')
render = templates(__file__)


@dataclass(frozen=True)
class Statement:
    user: str
    role: str
    text: str
    at: datetime

    @property
    def words(self) -> frozenset[str]:
        return frozenset(word.strip('"') for word in _WORDS.findall(self.text.upper()))


def history(warehouse: Warehouse) -> list[Statement]:
    """The statements that may have changed who holds what, latest first. Raises WarehouseError."""
    return [
        Statement(str(row["user_name"]), str(row["role_name"]), str(row["query_text"]), row["start_time"])
        for row in warehouse.execute(render("history", days=DAYS, most=MOST))
    ]


def author(difference: Difference, statements: Sequence[Statement]) -> str:
    """`by ANNA with role SYSADMIN, 2026-01-31 12:00 UTC`, or what is known of it instead."""
    found = _found(difference, statements)
    if found is not None:
        return f"by {found.user} with role {found.role}, {_time(found.at)}"
    if difference.at is not None:
        role = f"by role {difference.by_role}, " if difference.by_role else ""
        return f"{role}{_time(difference.at)}; the query history does not show the user yet"
    return "the query history does not show by whom"


def _found(difference: Difference, statements: Sequence[Statement]) -> Statement | None:
    fitting = [each for each in statements if _fits(difference, each.words)]
    at = difference.at
    if at is None:
        return max(fitting, key=lambda each: each.at, default=None)
    near = [each for each in fitting if abs(each.at - at) <= CLOSE]
    return min(near, key=lambda each: abs(each.at - at), default=None)


def _fits(difference: Difference, words: frozenset[str]) -> bool:
    if words.isdisjoint(difference.verbs):
        return False
    to, *on = difference.names
    if "REPLACE" in difference.verbs and not words.isdisjoint(("REPLACE", "DROP")):
        return _says(difference.names[-1], words)  # what is made again has lost its grants, to all roles
    if difference.about.startswith("user ") and "USER" in words and "GRANT" not in difference.verbs:
        return all(_says(name, words) for name in difference.names) and _any(difference.scopes, words)
    whole = not words.isdisjoint(("ALL", "FUTURE", "REPLACE", "CLONE")) and _any(difference.scopes, words)
    return _says(to, words) and (whole or all(_says(name, words) for name in on))


def _says(name: str, words: frozenset[str]) -> bool:
    """Whether a statement has a name, in quotes or not, or all words of a privilege."""
    return name.upper() in words or set(name.upper().split()) <= words


def _any(scopes: tuple[str, ...], words: frozenset[str]) -> bool:
    return not scopes or any(scope.upper() in words for scope in scopes)


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
