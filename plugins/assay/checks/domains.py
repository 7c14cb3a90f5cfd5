"""Values that a function of Snowflake takes for an argument, beyond their kind: from which number, which unit, which
format. What is said of each is documented at https://docs.snowflake.com/en/sql-reference/functions.

A constant outside of the domain fails in every run. Of the functions in `STRICT` a value of a row may, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from assay.checks import formats
from assay.checks.formats import Constant
from assay.checks.ranges import NOT_NEGATIVE, POSITIVE, SHARES, Range

Check = Callable[[Constant], str]
"""What is wrong with a constant, as the rest of a sentence after it; empty if nothing."""
MOST = 134_217_728  # bytes of a text
STRICT: Mapping[str, tuple[tuple[Range, str, str], ...]] = {
    "acos": ((SHARES, "a number from -1 to 1", "greatest(-1, least(1, {}))"),),
    "asin": ((SHARES, "a number from -1 to 1", "greatest(-1, least(1, {}))"),),
    "chr": ((Range(0, 0x10FFFF), "a code point from 0 to 1114111", "iff({0} between 0 and 1114111, {0}, null)"),),
    "cot": ((Range(nonzero=True), "a number other than 0", "nullif({}, 0)"),),
    "exp": ((Range(high=709), "a number up to 709", "least({}, 709)"),),
    "ln": ((POSITIVE, "a number above 0", "iff({0} > 0, {0}, null)"),),
    "log": (
        (POSITIVE, "a base above 0 other than 1", "iff({0} > 0, {0}, null)"),
        (POSITIVE, "a number above 0", "iff({0} > 0, {0}, null)"),
    ),
    "sqrt": ((NOT_NEGATIVE, "a number from 0", "iff({0} >= 0, {0}, null)"),),
}
"""For each argument: its domain, what that is called, and what to write for an expression that may be outside."""

PARTS = {
    "year": "y yy yyy yyyy yr years yrs", "quarter": "q qtr qtrs quarters", "month": "mm mon mons months",
    "week": "w wk weekofyear woy wy", "day": "d dd days dayofmonth", "hour": "h hh hr hours hrs",
    "minute": "m mi min minutes mins", "second": "s sec seconds secs", "millisecond": "ms msec milliseconds",
    "microsecond": "us usec microseconds", "nanosecond": "ns nsec nanosec nsecond nanoseconds nanosecs nseconds",
}  # fmt: skip
"""Parts of a length of time, with their other names."""
LENGTHS = frozenset(name for part, others in PARTS.items() if part != "nanosecond" for name in (part, *others.split()))
BELOW_SECONDS = frozenset(name for part in ("millisecond", "microsecond") for name in (part, *PARTS[part].split()))
LAST_DAYS = frozenset(name for part in ("year", "quarter", "month", "week") for name in (part, *PARTS[part].split()))
UNITS_OF: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("date_trunc", "dateadd", "datediff", "timeadd", "timediff", "timestampadd", "timestampdiff"), LENGTHS
    ),
    "last_day": LAST_DAYS,
    "time_slice": LENGTHS - BELOW_SECONDS,
}
"""Units that a function takes. Those that extract a part take all."""


def whole(low: float | None = None, high: float | None = None) -> Check:
    bounds = f" from {low}" if low is not None else ""
    bounds += f" up to {high}" if high is not None else ""

    def check(of: Constant) -> str:
        right = isinstance(of, Decimal) and of == of.to_integral_value()
        right = (
            right and (low is None or Decimal(low) <= Decimal(of)) and (high is None or Decimal(of) <= Decimal(high))
        )
        return "" if right else f"it takes a whole number{bounds}"

    return check


def share(of: Constant) -> str:
    return "" if isinstance(of, Decimal) and 0 <= of <= 1 else "it takes a number from 0 to 1"


def one_of(*accepted: str) -> Check:
    def check(of: Constant) -> str:
        return "" if str(of).lower() in {each.lower() for each in accepted} else f"it takes {' or '.join(accepted)}"

    return check


def letters_of(accepted: str) -> Check:
    def check(of: Constant) -> str:
        return "" if set(str(of)) <= set(accepted) else f"it takes letters out of {', '.join(accepted)}"

    return check


def scale_or_format(of: Constant) -> str:
    """The second argument of to_timestamp: the unit of a number, as its decimals, or a format."""
    return one_of("0", "3", "6", "9")(of) if isinstance(of, Decimal) else formats.date_format(of)


START, PRECISION, SCALE = whole(1), whole(1, 38), whole(0, 37)
PARAMETERS = letters_of("ceis")
SLICE_END = one_of("START", "END")
BINARY = one_of("HEX", "BASE64", "UTF-8", "UTF8")
CONSTANTS: Mapping[str, tuple[Check | None, ...]] = {
    "add_months": (None, whole(-120_000, 120_000)),
    "charindex": (None, None, START),
    "current_timestamp": (whole(0, 9),),
    "date": (formats.day, formats.date_format),
    "lag": (None, whole()),
    "lead": (None, whole()),
    "left": (None, whole()),
    "lpad": (None, whole(None, MOST)),
    "next_day": (None, formats.weekday),
    "ntile": (START,),
    "parse_json": (formats.json_text,),
    "percentile_cont": (share,),
    "percentile_disc": (share,),
    "position": (None, None, START),
    "previous_day": (None, formats.weekday),
    "regexp_count": (None, formats.pattern, START, PARAMETERS),
    "regexp_instr": (None, formats.pattern),
    "regexp_like": (None, formats.pattern, PARAMETERS),
    "regexp_replace": (None, formats.pattern),
    "regexp_substr": (None, formats.pattern, START, START, PARAMETERS, whole(0)),
    "repeat": (None, whole(0, MOST)),
    "right": (None, whole()),
    "round": (None, whole(-38, 38)),
    "rpad": (None, whole(None, MOST)),
    "space": (whole(0, MOST),),
    "split_part": (None, None, whole()),
    "strtok": (None, None, whole()),
    "substr": (None, whole(), whole()),
    "substring": (None, whole(), whole()),
    "time_slice": (None, START, None, SLICE_END),
    "to_boolean": (formats.truth,),
    "to_char": (None, formats.written_format),
    "to_date": (formats.day, formats.date_format),
    "to_double": (formats.real,),
    "to_time": (formats.clock, formats.date_format),
    "to_timestamp": (formats.moment, scale_or_format),
    "to_timestamp_ntz": (formats.moment, scale_or_format),
    "to_timestamp_tz": (formats.moment, scale_or_format),
    "to_varchar": (None, formats.written_format),
    "try_to_date": (None, formats.date_format),
    "try_to_time": (None, formats.date_format),
    "try_to_timestamp": (None, formats.date_format),
    "try_to_timestamp_ntz": (None, formats.date_format),
    "try_to_timestamp_tz": (None, formats.date_format),
    "width_bucket": (None, None, None, START),
}
