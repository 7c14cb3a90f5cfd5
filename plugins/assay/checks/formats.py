"""Constant texts in SQL: whether one is the pattern, format, time zone, number or time that it is taken for."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from functools import cache
from zoneinfo import available_timezones

from assay.contracts import values

Constant = Decimal | str | bool
DAY_NAMES = ("su", "mo", "tu", "we", "th", "fr", "sa")
DATE_FORMAT = re.compile(
    r'"[^"]*"|YYYY|YY|MMMM|MON|MM|DD|DY|HH24|HH12|AM|PM|MI|SS|FF[369]?|TZH:?TZM|UTC|[TZ]|[^\w"]|_',
    re.IGNORECASE,
)
DATE_ELEMENT = re.compile(r"YYYY|YY|MMMM|MON|MM|DD|DY|HH24|HH12|AM|PM|MI|SS|FF|TZ", re.IGNORECASE)
STRPTIME = {
    "YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MON": "%b", "MM": "%m", "DD": "%d", "DY": "%a", "HH24": "%H",
    "HH12": "%I", "AM": "%p", "PM": "%p", "MI": "%M", "SS": "%S", "TZHTZM": "%z", "TZH:TZM": "%z",
}  # fmt: skip
BOOLEANS = frozenset(("true", "t", "yes", "y", "on", "1", "false", "f", "no", "n", "off", "0"))


def pattern(of: Constant) -> str:
    try:
        values.pattern(of)
    except ValueError as problem:
        return f"the pattern{problem}"
    return ""


def zone(of: Constant) -> str:
    known = _zones()
    if not known or of in known:
        return ""
    return 'which is no time zone; write a name such as "Europe/Vienna" or "UTC", as it is spelled there'


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def weekday(of: Constant) -> str:
    right = isinstance(of, str) and of.strip().lower()[:2] in DAY_NAMES
    return "" if right else "it takes a day of the week, such as 'monday'"


def date_format(of: Constant) -> str:
    """Of a date or a time. `AUTO` is Snowflake's guess, which may differ from row to row."""
    if isinstance(of, str) and of.upper() == "AUTO":
        return ""
    odd = DATE_FORMAT.sub("", of) if isinstance(of, str) else str(of)
    if odd or not isinstance(of, str) or not DATE_ELEMENT.search(of):
        what = f'has "{odd}"' if odd else "has no element of a date or time"
        return f"the format {what}; use YYYY MM DD HH24 MI SS FF TZH:TZM, and quotes around other letters"
    return ""


def written_format(of: Constant) -> str:
    """Of a date or a time that is written as a text."""
    if isinstance(of, str) and (of.upper() == "AUTO" or re.search("TZ[HM]", of, re.IGNORECASE)):
        return "it writes neither AUTO nor the hours of a time zone; write the format of a date or a time"
    return date_format(of)


def day(of: Constant) -> str:
    return "" if isinstance(of, Decimal) or _reads(datetime.fromisoformat, of) else "write it as 'YYYY-MM-DD'"


def moment(of: Constant) -> str:
    right = isinstance(of, Decimal) or _reads(datetime.fromisoformat, of)
    return "" if right else "write it as 'YYYY-MM-DD HH24:MI:SS'"


def clock(of: Constant) -> str:
    right = isinstance(of, Decimal) or _reads(time.fromisoformat, of)
    return "" if right else "write it as 'HH24:MI:SS'"


def digits(of: Constant) -> str:
    if isinstance(of, Decimal | bool):
        return ""
    try:
        right = Decimal(of.strip()).is_finite() and "_" not in of
    except InvalidOperation:
        right = False
    return "" if right else "which is no number"


def real(of: Constant) -> str:
    named = isinstance(of, str) and of.strip().lower() in ("nan", "inf", "-inf", "infinity", "-infinity")
    return "" if named else digits(of)


def truth(of: Constant) -> str:
    right = not isinstance(of, str) or of.strip().lower() in BOOLEANS
    return "" if right else "which is neither true nor false"


def json_text(of: Constant) -> str:
    right = not isinstance(of, str) or not of.strip() or _reads(json.loads, of)
    return "" if right else "which is no JSON"


def hexadecimal(of: Constant) -> str:
    return "" if isinstance(of, str) and _reads(binascii.unhexlify, of) else "which are no pairs of hexadecimal digits"


def base64_text(of: Constant) -> str:
    right = isinstance(of, str) and _reads(lambda text: base64.b64decode(text, validate=True), of)
    return "" if right else "which is no Base64"


def in_format(of: Constant, written: str) -> str:
    """What is wrong with a constant date or time in a format; nothing where the format cannot be tried here."""
    made, at = "", 0
    for found in re.finditer("|".join(STRPTIME), written, re.IGNORECASE):
        made += written[at : found.start()].replace("%", "%%") + STRPTIME[found[0].upper()]
        at = found.end()
    made += written[at:].replace("%", "%%")
    if not isinstance(of, str) or '"' in written or re.search(r"FF|TZH|TZM|TZD|UUUU", made, re.IGNORECASE):
        return ""
    try:
        datetime.strptime(of, made)
    except ValueError:
        return f"which is not written as '{written}'"
    return ""


def is_finite_power(base: Decimal, exponent: Decimal) -> bool:
    try:
        float(base) ** float(exponent)
    except OverflowError:
        return False
    except ZeroDivisionError:
        return True  # said otherwise
    return True


def _reads(read: Callable[[str], object], of: Constant) -> bool:
    try:
        read(str(of))
    except (ValueError, binascii.Error):
        return False
    return True
