"""Calls of functions in SQL, held against the arguments that Snowflake documents for each: how many, and of what kind.

The parser knows only some functions, forgives arguments that are missing or too many, and renames what it knows; so the
calls are read from the tokens, as they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from sqlglot.dialects.snowflake import Snowflake
from sqlglot.tokenizer_core import Token, TokenType

from assay.checks import constants
from assay.checks.expression_rules import CONDITION, NUMBER, TEXT, TIMES, UNITS
from assay.checks.functions import BEFORE_PARENTHESIS, FUNCTIONS

Kind = Callable[[str], str | None]
"""What kind of value an expression is, None where that is not certain."""
SEPARATORS = {
    "extract": TokenType.FROM,
    "date_part": TokenType.FROM,
    "position": TokenType.IN,
}
"""What may stand between two arguments in place of a comma."""
WANTED: dict[str, tuple[str, ...]] = {
    "n": (NUMBER,), "s": (TEXT,), "t": TIMES, "b": (CONDITION,), "v": (), "e": (NUMBER, TEXT, CONDITION),
    "d": (TEXT, *TIMES), "m": (NUMBER, TEXT, *TIMES), "c": (NUMBER,), "k": (TEXT,), "f": (NUMBER, TEXT),
    "o": (TEXT, "a time"),
}  # fmt: skip
SPOKEN = {
    "n": "a number", "s": "a text", "t": "a date or a time", "b": "a condition", "v": "what parse_json returns",
    "e": "a number, a text or a condition", "d": "a date, a time or a text", "m": "a date, a time, a text or a number",
    "c": "a number", "k": "a text", "f": "a format or the unit of a number", "o": "a time or a text",
}  # fmt: skip
WRITTEN = {"c": "a number", "k": "a text", "f": "a format or the unit of a number"}
"""What must be written in its place, and may not come from a row: Snowflake or the embedded one asks for a constant."""
FORMATTED: dict[str, tuple[tuple[str, ...], str]] = {
    **dict.fromkeys(("to_char", "to_varchar"), (TIMES, "a date or a time")),
    **dict.fromkeys(("date", "to_date", "to_time"), ((TEXT,), "a text")),
}
"""What the first argument must be where a second one, the format, is given."""


@dataclass(frozen=True)
class Call:
    """`arguments` are the texts between the commas."""

    name: str
    arguments: tuple[str, ...]


def wrong(text: str, kind: Kind) -> Iterator[str]:
    """What is wrong with the calls in `text`, each as the rest of a sentence."""
    tokens = Snowflake().tokenize(text)
    for at, token in enumerate(tokens[:-1]):
        if tokens[at + 1].token_type is not TokenType.L_PAREN:
            continue
        if token.token_type is TokenType.IDENTIFIER:
            yield f'calls "{token.text}", a name in quotes; write the name of a function of Snowflake without them'
        if not _is_word(token):
            continue
        name = token.text.lower()
        if name in FUNCTIONS and name not in BEFORE_PARENTHESIS:
            yield from _arguments(_call(text, tokens, at), kind)
        elif name not in BEFORE_PARENTHESIS and name not in FUNCTIONS:
            near = get_close_matches(name, FUNCTIONS, n=1)
            hint = f'did you mean "{near[0]}"?' if near else "plugins/assay/checks/functions.py has the list"
            yield f'calls "{token.text}", which is not a function that may be called here ({hint})'


def _is_word(token: Token) -> bool:
    return (
        token.token_type not in (TokenType.STRING, TokenType.IDENTIFIER)
        and token.text.replace("_", "a").replace("$", "a").isalnum()
    )


def _call(text: str, tokens: list[Token], at: int) -> Call:
    """The call whose name is the token `at`."""
    name = tokens[at].text.lower()
    arguments, depth, begin = [], 0, tokens[at + 1].end + 1
    for token in tokens[at + 1 :]:
        if token.token_type in (TokenType.L_PAREN, TokenType.L_BRACKET):
            depth += 1
        elif token.token_type in (TokenType.R_PAREN, TokenType.R_BRACKET):
            depth -= 1
        if depth == 0 or (depth == 1 and token.token_type in (TokenType.COMMA, SEPARATORS.get(name))):
            arguments.append(text[begin : token.start].strip())
            begin = token.end + 1
        if depth == 0:
            break
    return Call(name, () if arguments == [""] else tuple(arguments))


def _arguments(call: Call, kind: Kind) -> Iterator[str]:
    needed, _, more = FUNCTIONS[call.name].partition("|")
    fewest, most = len(needed), None if "*" in more else len(needed) + len(more)
    count = len(call.arguments)
    if count < fewest or (most is not None and count > most):
        takes = f"{fewest} or more" if most is None else str(fewest) if fewest == most else f"{fewest} to {most}"
        yield f"calls {call.name} with {count} argument{'' if count == 1 else 's'}, and it takes {takes}"
        return
    for letter, argument in zip(needed + more, call.arguments, strict=False):
        if not argument:
            yield f"calls {call.name} with an argument that is empty; write it, or remove the comma"
        elif letter == "u":
            if argument.strip("'").lower() not in UNITS:
                yield f"calls {call.name} with the unit {argument}; write year, month, day, hour, minute or second"
        elif letter in WANTED and not _fits(argument, letter, found := kind(argument)):
            yield f"calls {call.name} with {argument}, which is {found}, and it takes {SPOKEN[letter]}"
        elif letter in WRITTEN and not constants.is_written(argument):
            yield f"calls {call.name} with {argument}; write {WRITTEN[letter]} there, without a column or a function"
    yield from _with_format(call, kind)
    yield from _unlike(call, kind)


def _with_format(call: Call, kind: Kind) -> Iterator[str]:
    """A format is of one kind of value only: a text that is read, or a time that is written. A unit is of a time."""
    first, *others = call.arguments or ("",)
    wanted: tuple[str, ...]
    if call.name == "trunc":
        wanted, spoken = ((NUMBER,), "a number") if not others or kind(others[0]) == NUMBER else (TIMES, "a time")
    elif len(others) == 1 and (call.name in FORMATTED or call.name.startswith("to_timestamp")):
        wanted, spoken = FORMATTED.get(call.name, ((TEXT,), "a text"))
        if kind(others[0]) == NUMBER:
            wanted, spoken = (NUMBER,), "a number"
    else:
        return
    if (found := kind(first)) is not None and found not in wanted:
        yield f"calls {call.name} with {', '.join(call.arguments)}, and it takes {spoken} there"


def _unlike(call: Call, kind: Kind) -> Iterator[str]:
    """Values that are compared, or of which one is taken, have one kind."""
    of = call.arguments
    groups: list[tuple[str, ...]] = []
    if call.name == "equal_null":
        groups = [of]
    elif call.name in ("lag", "lead") and len(of) == 3:
        groups = [(of[0], of[2])]
    elif call.name == "decode":
        groups = [(of[0], *of[1:-1:2]), (*of[2::2], *(of[-1:] if len(of) % 2 == 0 else ()))]
    for group in groups:
        known = [(each, found) for each in group if (found := kind(each)) is not None]
        for other, found in known[1:]:
            first, wanted = known[0]
            if found != wanted and not {found, wanted} <= set(TIMES):
                yield (
                    f"calls {call.name} with {first}, which is {wanted}, and {other}, which is {found}; "
                    "give both one kind"
                )


def _fits(argument: str, letter: str, found: str | None) -> bool:
    if letter == "t" and found == TEXT and argument.startswith("'"):
        try:
            datetime.fromisoformat(argument.strip("'"))
        except ValueError:
            return False
        return True
    return found is None or found in WANTED[letter]
