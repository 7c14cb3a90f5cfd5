"""How values are written in text, column by column: a strict grammar, and where the parts of a value are in it.

Snowflake's AUTO formats guess: they read 2013-1-5 or an epoch, and round 1.005. Here a text is a value only if it
matches its column's pattern as a whole. Patterns keep to what POSIX extended expressions and RE2 have in common.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.contracts.sql_types import Family, SqlType

OFFSET = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
TOKENS: Mapping[str, tuple[str, int]] = {
    "yyyy": ("[0-9]{4}", 4),
    "MM": ("(0[1-9]|1[0-2])", 2),
    "dd": ("(0[1-9]|[12][0-9]|3[01])", 2),
    "HH": ("([01][0-9]|2[0-3])", 2),
    "mm": ("[0-5][0-9]", 2),
    "ss": ("[0-5][0-9]", 2),
    "SSSSSS": ("[0-9]{6}", 6),
    "SSS": ("[0-9]{3}", 3),
}
TOKEN = re.compile(r"yyyy|MM|dd|HH|mm|ss|SSSSSS|SSS|XXX|'[A-Za-z]'|[-./:, _]|.", re.DOTALL)
ISO_TIME = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
ISO_PARTS = {"yyyy": 1, "MM": 6, "dd": 9, "HH": 12, "mm": 15, "ss": 18}
# Six decimals are what every client reads back; further ones pass only if they are zeros.
FRACTION = "([.][0-9]{1,6}0*)?"
DECIMALS = (".", ",")
THOUSANDS = (",", ".", " ", "'", "_")


@dataclass(frozen=True)
class Spelling:
    """`pattern` is of the whole text, `shown` what sentences call it.

    `parts` says where in a date's or time's text its parts begin, counted from 1. `offset` tells whether an offset
    from UTC may or must follow. `decimal` and `thousands` separate a number's digits; `digits` is then the pattern of
    what is left when they are taken out.
    """

    pattern: str
    shown: str = ""
    parts: Mapping[str, int] = field(default_factory=dict)
    offset: bool = False
    iso: bool = False
    decimal: str = "."
    thousands: str = ""
    digits: str = ""
    true: str = "true"
    false: str = "false"


def spelling(type_: SqlType, options: Mapping[str, str] | None = None) -> Spelling:
    """The spelling of a column's values; `options` are what its contract says of them: `format` for dates and times,
    `decimalSeparator` and `thousandsSeparator` for numbers, `trueValue` and `falseValue` for booleans.

    Raises ValueError with a clause for what is not on the list.
    """
    said = dict(options or {})
    match type_.family:
        case Family.TEXT:
            return Spelling("")
        case Family.BOOLEAN:
            return _boolean(said.get("trueValue", "true"), said.get("falseValue", "false"))
        case Family.DATE | Family.TIMESTAMP | Family.INSTANT:
            return _time(type_.family, said.get("format"))
        case _:
            return _number(type_, said.get("decimalSeparator", "."), said.get("thousandsSeparator", ""))


def _boolean(true: str, false: str) -> Spelling:
    if not true or not false or true == false:
        raise ValueError(": trueValue and falseValue must be two different texts")
    return Spelling(f"({_escaped(true)}|{_escaped(false)})", f"{true} or {false}", true=true, false=false)


def _number(type_: SqlType, decimal: str, thousands: str) -> Spelling:
    if decimal not in DECIMALS:
        raise ValueError(f': decimalSeparator "{decimal}" must be one of {" ".join(DECIMALS)}')
    if thousands and (thousands not in THOUSANDS or thousands == decimal):
        raise ValueError(
            f': thousandsSeparator "{thousands}" must be another than the decimals\', and one of '
            f"a comma, a point, a space, ' and _"
        )
    pattern = _digits(type_)
    if decimal == "." and not thousands:
        return Spelling(pattern)
    whole = f"([0-9]+|[0-9]{{1,3}}([{thousands}][0-9]{{3}})+)" if thousands else "[0-9]+"
    power = "([eE][+-]?[0-9]{1,3})?" if type_.family is Family.FLOAT else ""
    return Spelling(
        f"-?{whole}([{decimal}][0-9]+)?{power}",
        f"decimals after {decimal}" + (f", thousands after {thousands}" if thousands else ""),
        decimal=decimal,
        thousands=thousands,
        digits=pattern,
    )


def _digits(type_: SqlType) -> str:
    """The numbers that the type holds to the last digit. Zeros that say nothing may stand before and after."""
    if type_.family is Family.FLOAT:
        return "-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,3})?"
    whole = type_.precision - type_.scale
    decimals = f"[0-9]{{1,{type_.scale}}}0*" if type_.scale else "0+"
    return f"-?{f'0*[0-9]{{1,{whole}}}' if whole else '0+'}([.]{decimals})?"


def _time(family: Family, written: str | None) -> Spelling:
    if written is None and family is Family.DATE:
        written = "yyyy-MM-dd"
    if written is None:
        zone = OFFSET if family is Family.INSTANT else f"{OFFSET}?"
        return Spelling(ISO_TIME + FRACTION + zone, "yyyy-MM-dd HH:mm:ss", ISO_PARTS, offset=True, iso=True)
    pattern, parts, offset = _compiled(written)
    needed = {"yyyy", "MM", "dd"}
    allowed = needed if family is Family.DATE else set(TOKENS)
    if not needed <= parts.keys() or not parts.keys() <= allowed or (offset and family is Family.DATE):
        raise ValueError(
            ': format "' + written + '" must have yyyy, MM and dd'
            + ("" if family is not Family.DATE else ", and nothing of a time of day, as the column is a DATE")
        )  # fmt: skip
    order = [name for name in ("HH", "mm", "ss") if name in parts]
    if order != ["HH", "mm", "ss"][: len(order)] or (any(name.startswith("S") for name in parts) and len(order) < 3):
        raise ValueError(f': format "{written}" must have an hour before minutes, minutes before seconds')
    if family is Family.INSTANT and not offset:
        raise ValueError(
            f': format "{written}" must end with XXX, the offset from UTC, as the column is a TIMESTAMP_TZ'
        )
    return Spelling(pattern, written, parts, offset=offset)


def _compiled(written: str) -> tuple[str, dict[str, int], bool]:
    """The pattern of a format such as `dd.MM.yyyy HH:mm`, where its parts begin, and whether it ends with an offset."""
    pattern, parts, at, offset = "", dict[str, int](), 1, False
    for token in TOKEN.findall(written):
        if offset:
            raise ValueError(f': format "{written}" must have XXX at its end')
        if token in TOKENS:
            text, width = TOKENS[token]
            if token in parts:
                raise ValueError(f': format "{written}" has {token} twice')
            parts[token] = at
        elif token == "XXX":
            text, width, offset = OFFSET, 0, True
        elif len(token) == 3 and token[0] == "'":
            text, width = token[1], 1
        elif token in "-./:, _":
            text, width = f"[{token}]" if token != "-" else "-", 1
        else:
            raise ValueError(
                f': format "{written}" has "{token}"; use yyyy MM dd HH mm ss SSS SSSSSS XXX, one of - . / : , _ or a '
                f"space between them, and a letter in quotes such as 'T'"
            )
        pattern, at = pattern + text, at + width
    return pattern, parts, offset


def _escaped(text: str) -> str:
    return "".join(char if char.isalnum() else f"[{char}]" if char not in "^\\[]" else f"\\{char}" for char in text)
