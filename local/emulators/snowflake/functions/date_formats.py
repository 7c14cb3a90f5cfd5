"""Snowflake's date and time formats in the letters of DuckDB's strftime and strptime."""

from __future__ import annotations

import re

_ELEMENTS = {
    "YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MON": "%b", "MM": "%m", "DD": "%d", "DY": "%a", "HH24": "%H",
    "UTC": "UTC",  # stands for itself, as dbt-snowflake's catalog writes it
    "HH12": "%I", "AM": "%p", "PM": "%p", "MI": "%M", "SS": "%S", "FF3": "%g", "FF6": "%f", "FF9": "%n",
}  # fmt: skip
_TOKEN = re.compile(
    r'"([^"]*)"|UTC|YYYY|MMMM|MON|HH24|HH12|TZHTZM|TZH:TZM|YY|MM|DD|DY|AM|PM|MI|SS|FF[0-9]?|TZH|TZM|TZD', re.IGNORECASE
)


def is_date_format(text: str) -> bool:
    """Whether a format has any element of a date or time; others are formats of numbers."""
    return any(found[1] is None for found in _TOKEN.finditer(text))


def strftime(text: str, function: str) -> str:
    """The format to write with. Raise NotImplementedError for what DuckDB has no letter for."""
    return _translated(text, function, {"FF": "%n", "FF0": "", **_ELEMENTS})


def strptime(text: str, function: str) -> str:
    """The format to read with."""
    return _translated(text, function, {**_ELEMENTS, "FF": "%n", "TZHTZM": "%z", "TZH:TZM": "%z"})


def _translated(text: str, function: str, elements: dict[str, str]) -> str:
    made, at = [], 0
    for found in _TOKEN.finditer(text):
        made.append(_plain(text[at : found.start()], function))
        at = found.end()
        if found[1] is not None:
            made.append(found[1].replace("%", "%%"))
        elif (name := found[0].upper()) in elements:
            made.append(elements[name])
        else:
            raise NotImplementedError(f"{function} with the format element {name}")
    made.append(_plain(text[at:], function))
    return "".join(made)


def _plain(text: str, function: str) -> str:
    """What stands between the elements is copied: anything but letters and digits, and ISO's T and Z."""
    if odd := re.search(r"[^\W_TZtz]", text):
        raise NotImplementedError(f"{function} with '{odd[0]}' in a format")
    return text.replace("%", "%%")
