"""SQL templates: names go in through Jinja, values as literals or binds, and nothing is glued together by hand."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
TOKENS = re.compile(
    r"""
    (?P<comment> --[^\n]* | //[^\n]* | /\*.*?\*/ )
    | (?P<quoted> '(?:[^'\\]|\\.|'')*' | "(?:[^"]|"")*" | \$\$.*?\$\$ )
    | (?P<open> ' | " | \$\$ | /\* )
    | (?P<end> ; )
    | (?P<other> [^'"$/;-]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)
"""What a script is made of, as Snowflake reads it."""

PARTS = re.compile(r'"(?:[^"]|"")*"|[^."]+')


def literal(value: Any) -> str:
    """A Snowflake literal of a number, text, date, boolean or None. Raises TypeError for anything else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, date):
        return f"'{value.isoformat()}'"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "''")
        return f"'{escaped}'"
    raise TypeError(f"a {type(value).__name__} cannot be written as a SQL literal")


def literals(values: Iterable[Any]) -> str:
    return ", ".join(literal(value) for value in values)


def identifier(name: str) -> str:
    """One name as SQL writes it, in quotes unless it is a plain word."""
    return name if PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def column(name: str) -> str:
    """A column that has a name of others: a plain word is found in any case, everything else exactly."""
    return quoted(name.upper() if PLAIN.fullmatch(name) else name)


def quoted(name: str) -> str:
    """One name exactly as it is, in quotes."""
    return '"' + name.replace('"', '""') + '"'


def path(name: str) -> str:
    """A dotted name as SQL writes it; parts that are in quotes already stay as they are."""
    return ".".join(part if part.startswith('"') else identifier(part) for part in PARTS.findall(name))


def statements(script: str) -> list[str]:
    """The statements of a script, without comments and without their semicolons.

    A semicolon in a string, a quoted name or a comment ends nothing. Raises ValueError when one of them is not closed.
    """
    found = [""]
    for token in TOKENS.finditer(script):
        match token.lastgroup:
            case "end":
                found.append("")
            case "comment":
                found[-1] += " "
            case "open":
                line = script.count("\n", 0, token.start()) + 1
                raise ValueError(f"line {line}: the {token[0]} that begins here is never closed")
            case _:
                found[-1] += token[0]
    return [statement.strip() for statement in found if statement.strip()]


@lru_cache
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters |= {
        "literal": literal,
        "literals": literals,
        "identifier": identifier,
        "quoted": quoted,
        "column": column,
        "path": path,
    }
    return environment


def templates(beside: str) -> Callable[..., str]:
    """`render(name, **names)` for the templates in the folder `sql/` beside the module whose `__file__` is given."""
    folder = Path(beside).parent / "sql"

    def render(name: str, /, **names: Any) -> str:
        return _environment(folder).get_template(f"{name}.sql").render(**names).strip()

    return render
