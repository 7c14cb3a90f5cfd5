"""What can go wrong with a statement, in Snowflake's own codes and words."""

from __future__ import annotations

import re

import duckdb
from snowflake.connector.errors import Error as ConnectorError
from sqlglot.errors import SqlglotError

from . import spelling

COMPILATION = "SQL compilation error:\n"


class SqlError(Exception):
    """A statement (or a login) that failed: Snowflake's number, SQL state and a sentence."""

    def __init__(self, message: str, *, code: int, state: str = "42000") -> None:
        message = spelling.decode(message)
        super().__init__(message)
        self.message = message
        self.code = code
        self.state = state


def missing(kind: str, name: str) -> SqlError:
    """The object is not there, or the role may not know that it is: Snowflake does not say which."""
    state = "02000" if kind in ("database", "schema") else "42S02"
    return SqlError(
        f"{COMPILATION}{kind.capitalize()} '{name}' does not exist or not authorized.", code=2003, state=state
    )


def nowhere() -> SqlError:
    """What USE and SHOW say of a place that is not there; dbt knows this number."""
    return SqlError(f"{COMPILATION}Object does not exist, or operation cannot be performed.", code=2043, state="02000")


def denied(kind: str, name: str) -> SqlError:
    """The role sees the object, but may not do this with it."""
    return SqlError(
        f"SQL access control error:\nInsufficient privileges to operate on {kind.lower()} '{name}'.",
        code=3001,
        state="42501",
    )


def already_exists(name: str) -> SqlError:
    return SqlError(f"{COMPILATION}Object '{name}' already exists.", code=2002, state="42710")


def invalid(message: str) -> SqlError:
    """A statement that parses but cannot mean anything."""
    return SqlError(f"{COMPILATION}{message}", code=1008, state="22023")


def syntax(message: str) -> SqlError:
    return SqlError(f"{COMPILATION}syntax error {message}", code=1003, state="42000")


def unknown_function(name: str) -> SqlError:
    """A function that Snowflake does not have, or that is not on this warehouse's list."""
    return SqlError(f"{COMPILATION}Unknown function {name.upper()}.", code=2140, state="42601")


def unsupported(what: str) -> SqlError:
    """Something Snowflake has and this stand-in has not; it never pretends."""
    return SqlError(f"Unsupported feature: the embedded warehouse does not support {what}.", code=2, state="0A000")


def cancelled() -> SqlError:
    """The statement was ended by another one, or by its own client."""
    return SqlError("SQL execution canceled", code=604, state="57014")


def no_warehouse() -> SqlError:
    return SqlError(
        "No active warehouse selected in the current session.  "
        "Select an active warehouse with the 'use warehouse' command.",
        code=606,
        state="57P03",
    )


_INVALID_COLUMN = re.compile(r'(?:Referenced column|Values list|Table) "([^"]+)"')
_NO_SUCH_COLUMN = re.compile(r'(?:Table|Values list) "([^"]+)" does not have a column named "([^"]+)"')
_NOT_NULL = re.compile(r"NOT NULL constraint failed: (?:\S+\.)?\"?([^\s\"]+)")
_RAISED = re.compile(r"~(.+?)~", re.DOTALL)
_TOO_WIDE = re.compile(r"(?:Could not cast|Casting) value \"?(\S+?)\"? to (?:type )?DECIMAL\((\d+,\d+)\)")
_NUMERAL = re.compile(r"""Could not convert string ['"](.*?)['"] to (?:DECIMAL\((\d+,\d+)\)|INT\d+|HUGEINT|DOUBLE)""")
_TOO_LONG = re.compile(r"out of range for the destination type|Overflow in|exceeds the maximum|DECIMAL\(38")
_MIXED = re.compile(
    r"Cannot (?:mix values|combine types|compare values) of (?:type )?(\S+) and (?:type )?(\S+)(?: in (\w+))? ?"
)
_FUNCTION = re.compile(r"(?:Scalar|Aggregate|Table|Macro|Table Macro|Scalar Macro)? ?Function with name (\S+)", re.I)


def from_exception(error: Exception) -> SqlError:
    """Any failure below us, as the SQL error a Snowflake client would get for it."""
    if isinstance(error, SqlError):
        return error
    text = " ".join(str(error).split("\n\nLINE")[0].split("\nLINE")[0].split())
    if isinstance(error, SqlglotError):
        plain = re.sub(r"\x1b\[\d+m", "", text)
        return SqlError(f"{COMPILATION}syntax error: {plain}", code=1003, state="42000")
    if isinstance(error, ConnectorError):
        return SqlError(error.msg or text, code=error.errno or 1003, state=error.sqlstate or "42000")
    if isinstance(error, NotImplementedError):
        return unsupported(text or "this statement")
    if isinstance(error, duckdb.Error):
        return _from_duckdb(error, text)
    return SqlError(f"Internal error: {type(error).__name__}: {text}", code=603, state="XX000")


def _raised(message: str) -> SqlError:
    """What a macro of ours raises by error(…) is worded as Snowflake words it."""
    if message.startswith("Unsupported feature: "):
        return unsupported(message.removeprefix("Unsupported feature: "))
    if message.startswith("Division by zero"):
        return SqlError("Division by zero", code=100051, state="22012")
    if message.endswith("would be truncated"):
        return SqlError(message, code=100078, state="22000")
    if message.endswith("is not recognized"):
        return SqlError(message, code=100040 if message.startswith("Date") else 100035, state="22007")
    return SqlError(message, code=100183, state="22000")


def _no_numeral(value: str, size: str | None, text: str) -> SqlError:
    """A text that is no number, or one of too many digits for its type."""
    try:
        float(value)
    except ValueError:
        return SqlError(f"Numeric value '{value}' is not recognized", code=100038, state="22018")
    if size is None or size.startswith("38"):
        return unsupported(f"numbers of so many digits ({text})")
    return SqlError(f"Number out of representable range: type FIXED({size}), value {value}", code=100039, state="22003")


def _from_duckdb(error: duckdb.Error, text: str) -> SqlError:
    if isinstance(error, duckdb.ConstraintException) and (found := _NOT_NULL.search(text)):
        return SqlError(f"NULL result in a non-nullable column: {found[1]}", code=100072, state="22000")
    if "cannot affect the same target row more than once" in text:
        return SqlError(
            "Duplicate row detected during DML action: a target row matches more than one source row.",
            code=100090,
            state="42P18",
        )
    if found := _RAISED.search(text):
        return _raised(found[1])
    if found := _TOO_WIDE.search(text):
        return SqlError(f"Number out of representable range: type FIXED({found[2]}), value {found[1]}",
                        code=100039, state="22003")  # fmt: skip
    if found := _NUMERAL.search(text):
        return _no_numeral(found[1], found[2], text)
    if _TOO_LONG.search(text):
        return unsupported(f"numbers of so many digits ({text})")
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        return SqlError(text, code=100038, state="22018")
    if found := _MIXED.search(text):
        return unsupported(f"{found[1]} and {found[2]} in one {found[3] or 'comparison'}: cast one of them")
    if isinstance(error, duckdb.BinderException):
        if "not found in FROM clause" in text and (found := _INVALID_COLUMN.search(text)):
            return SqlError(f"{COMPILATION}invalid identifier '{found[1]}'", code=904, state="42000")
        if found := _NO_SUCH_COLUMN.search(text):
            return SqlError(f"{COMPILATION}invalid identifier '{found[1]}.{found[2]}'", code=904, state="42000")
        return SqlError(f"{COMPILATION}{text}", code=904, state="42000")
    if isinstance(error, duckdb.CatalogException):
        if found := _FUNCTION.search(text):
            return SqlError(f"{COMPILATION}Unknown function {found[1].upper()}.", code=2140, state="42601")
        return SqlError(f"{COMPILATION}{text}", code=2003, state="02000")
    if isinstance(error, duckdb.ParserException):
        return SqlError(f"{COMPILATION}syntax error: {text}", code=1003, state="42000")
    if isinstance(error, duckdb.InterruptException):
        return cancelled()
    return SqlError(text, code=100183, state="22000")
