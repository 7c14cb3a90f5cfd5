"""Which names a zone and what belongs to it may have. What a name becomes elsewhere is in `names`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

LONGEST = 40
"""Of a name: in Kubernetes a label holds 63 characters, and an IAM role's name 64, prefixes included."""

OF_THE_PLATFORM = frozenset({
    "airflow", "all", "assay", "base", "config", "information_schema", "manifest", "public", "snowflake", "zones",
    "bronze", "gold", "gold_next", "gold_previous", "landing", "ledger", "quarantine", "register", "silver",
})  # fmt: skip
ROLES = ("loader", "transformer", "publisher", "analyst", "owner", "wh", "monitor")
"""What names.py puts behind a zone's name."""

RESERVED = frozenset((
    "account", "all", "alter", "and", "any", "as", "between", "by", "case", "cast", "check", "column", "connect",
    "connection", "constraint", "create", "cross", "current", "current_date", "current_time", "current_timestamp",
    "current_user", "database", "delete", "distinct", "drop", "else", "exists", "false", "following", "for", "from",
    "full", "grant", "group", "gscluster", "having", "ilike", "in", "increment", "inner", "insert", "intersect",
    "into", "is", "issue", "join", "lateral", "left", "like", "localtime", "localtimestamp", "minus", "natural", "not",
    "null", "of", "on", "or", "order", "organization", "qualify", "regexp", "revoke", "right", "rlike", "row", "rows",
    "sample", "schema", "select", "set", "some", "start", "table", "tablesample", "then", "to", "trigger", "true",
    "try_cast", "union", "unique", "update", "using", "values", "view", "when", "whenever", "where", "with",
))  # fmt: skip
"""Words that Snowflake reserves, or takes for something else where a table's name is expected
(https://docs.snowflake.com/en/sql-reference/reserved-keywords)."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def plain(name: str) -> str:
    """Raise ValueError unless the name is one in Snowflake, Kubernetes, AWS and Airflow alike."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            f'is "{name}"; a name is lower case letters, digits and single underscores between them, and begins with a '
            "letter"
        )
    if len(name) > LONGEST:
        raise ValueError(f'is "{name}", which has {len(name)} characters; {LONGEST} are the most that fit everywhere')
    return name


def of_a_table(name: str) -> str:
    """Raise ValueError for a name that a table cannot have without quotes."""
    if name in RESERVED:
        raise ValueError(f'is "{name}", a word that Snowflake reserves; choose another, such as "{name}_records"')
    return name


def of_a_zone(name: str) -> str:
    """Raise ValueError for a name whose database, roles, DAG or folder would be the platform's, or look like a part of
    another zone."""
    if name in OF_THE_PLATFORM or name.split("_")[0] == "platform":
        raise ValueError(f'is "{name}", a name that the platform uses itself; choose the name of a business domain')
    head, _, tail = name.rpartition("_")
    if head and tail in ROLES:
        raise ValueError(f'is "{name}", which is what the {tail} of a zone {head} is called; choose another ending')
    return name


Name = Annotated[str, AfterValidator(plain)]
TableName = Annotated[str, AfterValidator(plain), AfterValidator(of_a_table)]
ZoneName = Annotated[str, AfterValidator(plain), AfterValidator(of_a_zone)]
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_NOT_KEPT = re.compile(r"[\x00\ud800-\udfff]")


def in_one_line(text: str) -> str:
    """Raise ValueError for a text with a control character, a line end, or a mark that turns the direction of text."""
    return _without(_CONTROL, text, "write one line of visible characters")


def kept_everywhere(text: str) -> str:
    """Raise ValueError for a text with a character that no process, log or database can be given."""
    return _without(_NOT_KEPT, text, "write the text without it")


def _without(unwanted: re.Pattern[str], text: str, instead: str) -> str:
    if found := unwanted.search(text):
        raise ValueError(f"holds the character U+{ord(found[0]):04X}; {instead}")
    return text


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"is {text!r}, which has signs that cannot be seen; remove them")
    return text


Words = Annotated[str, Field(min_length=1, pattern=r"^\S(.*\S)?$", max_length=500), AfterValidator(_printable)]
"""A text for people, in one line."""
Text = Annotated[str, AfterValidator(kept_everywhere)]
"""A text for programs: anything that can be handed on as it is."""
