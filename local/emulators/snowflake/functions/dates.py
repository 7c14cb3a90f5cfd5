"""Date and time functions."""

from __future__ import annotations

import re
from functools import partial

from sqlglot import exp

from .. import errors
from .calls import KEPT_DATE, Function, call, constant, duckdb, literal, macro, once

_PARTS = {
    "year": "year y yy yyy yyyy yr years yrs",
    "quarter": "quarter q qtr qtrs quarters",
    "month": "month mm mon mons months",
    "week": "week w wk weekofyear woy wy weeks",
    "day": "day d dd days dayofmonth",
    "hour": "hour h hh hr hours hrs",
    "minute": "minute m mi min minutes mins",
    "second": "second s sec seconds secs",
    "millisecond": "millisecond ms msec milliseconds",
    "microsecond": "microsecond us usec microseconds",
    "nanosecond": "nanosecond ns nsec nanosec nsecond nanoseconds nanosecs nseconds",
    "dayofweek": "dayofweek weekday dow dw",
    "dayofweekiso": "dayofweekiso weekday_iso dow_iso dw_iso dayofweek_iso",
    "dayofyear": "dayofyear yearday doy dy",
    "weekiso": "weekiso week_iso weekofyeariso weekofyear_iso",
    "yearofweek": "yearofweek",
    "yearofweekiso": "yearofweekiso",
    "epoch_second": "epoch_second epoch epoch_seconds",
    "epoch_millisecond": "epoch_millisecond epoch_milliseconds",
    "epoch_microsecond": "epoch_microsecond epoch_microseconds",
    "epoch_nanosecond": "epoch_nanosecond epoch_nanoseconds",
}
_CANONICAL = {alias: part for part, aliases in _PARTS.items() for alias in aliases.split()}
_INTERVALS = {
    "year": "to_years", "quarter": "to_quarters", "month": "to_months", "week": "to_weeks", "day": "to_days",
    "hour": "to_hours", "minute": "to_minutes", "second": "to_seconds", "millisecond": "to_milliseconds",
    "microsecond": "to_microseconds",
}  # fmt: skip
_OF_DATES = ("year", "quarter", "month", "week", "day")
_WHOLE = {
    "year": "year", "quarter": "quarter", "month": "month", "week": "week", "day": "day", "hour": "hour",
    "minute": "minute", "second": "second", "dayofweek": "dow", "dayofweekiso": "isodow", "dayofyear": "doy",
    "weekiso": "week", "yearofweek": "isoyear", "yearofweekiso": "isoyear",
}  # fmt: skip
_WEEKDAYS = {"mo": 1, "tu": 2, "we": 3, "th": 4, "fr": 5, "sa": 6, "su": 7}


def part_of(argument: exp.Expr, function: str) -> str:
    """The part of a date that an argument names, under one of its names."""
    name = argument.name.lower()
    if not isinstance(argument, exp.Column | exp.Var | exp.Literal | exp.Identifier) or name not in _CANONICAL:
        raise NotImplementedError(f"{function} of the part '{argument.name[:50]}'")
    return _CANONICAL[name]


def moment(argument: exp.Expr) -> exp.Expr:
    """A text written in the statement is read as a timestamp."""
    if isinstance(argument, exp.Null):
        return exp.cast(argument, "TIMESTAMP")
    return call("sf_timestamp", argument) if isinstance(argument, exp.Literal) and argument.is_string else argument


def _interval(part: str, count: exp.Expr, function: str) -> exp.Expr:
    if part not in _INTERVALS:
        raise NotImplementedError(f"{function} of the part '{part}'")
    kind = "INTEGER" if part in _OF_DATES else "BIGINT"
    return call(_INTERVALS[part], exp.cast(call("round", count), kind))


def _added(arguments: list[exp.Expr]) -> exp.Expr:
    """A date stays a date where whole days are added to it."""
    part, to = part_of(arguments[0], "DATEADD"), moment(arguments[2])
    moved = exp.Add(this=exp.paren(to.copy()), expression=_interval(part, arguments[1], "DATEADD"))
    return call(KEPT_DATE, to, moved) if part in _OF_DATES else exp.paren(moved)


def with_interval(node: exp.Expr) -> exp.Expr:
    """``x + INTERVAL '1 day, 2 hours'``: each amount is added, and a date stays a date where all are whole days."""
    moved: exp.Expr = node.this
    interval: exp.Expr = node.expression
    if isinstance(node, exp.Add) and isinstance(moved, exp.Interval):
        interval, moved = moved, node.expression
    for amount, part in _amounts(interval):
        count = exp.Neg(this=literal(amount)) if isinstance(node, exp.Sub) else literal(amount)
        moved = _added([exp.Var(this=part), count, moved.copy()])
    return moved


def _amounts(interval: exp.Expr) -> list[tuple[int, str]]:
    unit, written = interval.args.get("unit"), interval.this
    text = f"{written.name} {unit.name}" if unit is not None else written.name
    found = [re.fullmatch(r"\s*(-?\d+)\s*([A-Za-z]*)\s*", each) for each in text.split(",")]
    if not isinstance(written, exp.Literal) or None in found:
        raise NotImplementedError(f"the interval {interval.sql(dialect='snowflake')[:80]}")
    return [(int(each[1]), each[2] or "second") for each in found if each is not None]


def _between(arguments: list[exp.Expr]) -> exp.Expr:
    part = part_of(arguments[0], "DATEDIFF")
    if part not in _INTERVALS:
        raise NotImplementedError(f"DATEDIFF of the part '{part}'")
    first, last = (moment(argument) for argument in arguments[1:])
    if part == "week":  # DuckDB counts whole weeks, Snowflake the Mondays between
        first, last = (call("date_trunc", literal(part), one) for one in (first, last))
        return exp.IntDiv(this=call("date_diff", literal("day"), first, last), expression=literal(7))
    return call("date_diff", literal(part), first, last)


def truncated(arguments: list[exp.Expr]) -> exp.Expr:
    """The start of the part that a moment is in; a date stays a date."""
    part, of = part_of(arguments[0], "DATE_TRUNC"), moment(arguments[1])
    if part not in _INTERVALS:
        raise NotImplementedError(f"DATE_TRUNC to the part '{part}'")
    return call(KEPT_DATE, of, call("date_trunc", literal(part), of.copy()))


def extracted(part: str, of: exp.Expr) -> exp.Expr:
    """One part of a moment, as a whole number."""
    of = moment(of)
    if part in _WHOLE:
        return call("date_part", literal(_WHOLE[part]), of)
    if part == "nanosecond" or part.startswith("epoch_"):
        return macro(f"sf_{part}", of)
    raise NotImplementedError(f"the part '{part}' of a date")


def _part(arguments: list[exp.Expr]) -> exp.Expr:
    return extracted(part_of(arguments[0], "DATE_PART"), arguments[1])


def _last_day(arguments: list[exp.Expr]) -> exp.Expr:
    part = part_of(arguments[1], "LAST_DAY") if len(arguments) > 1 else "month"
    if part not in ("year", "quarter", "month", "week"):
        raise NotImplementedError(f"LAST_DAY of the part '{part}'")
    return macro(f"sf_last_day_of_{part}", moment(arguments[0]))


def _weekday(name: str, arguments: list[exp.Expr]) -> exp.Expr:
    """The next (or previous) day of that name."""
    found = _WEEKDAYS.get(arguments[1].name.lower()[:2]) if arguments[1].is_string else None
    if found is None:
        raise NotImplementedError(f"{name.upper()} of a day that is not a literal")
    return macro(f"sf_{name}", moment(arguments[0]), literal(found))


def _months_added(arguments: list[exp.Expr]) -> exp.Expr:
    """The last day of a month leads to the last day of a month."""
    of = moment(arguments[0])
    return call(KEPT_DATE, of, macro("sf_add_months", of.copy(), arguments[1]))


def _months_between(arguments: list[exp.Expr]) -> exp.Expr:
    first, last = (macro("sf_timestamp", moment(each)) for each in arguments)
    return once(first, lambda a: once(last, lambda b: call("sf_months_apart", a, b), "d_"))


def _sliced(arguments: list[exp.Expr]) -> exp.Expr:
    """TIME_SLICE: the start or the end of the slice that a moment is in, counted from the first of 1970."""
    name = "TIME_SLICE"
    part = part_of(arguments[2], name)
    if part not in (*_OF_DATES, "hour", "minute", "second"):
        raise NotImplementedError(f"{name} of the part '{part}'")
    length = constant(arguments[1], name, "a length")
    end = constant(arguments[3], name, "START or END").upper() if len(arguments) > 3 else "START"
    if not length.isdigit() or int(length) < 1 or end not in ("START", "END"):
        raise errors.invalid(f"Invalid argument for function {name}: a length from 1, and START or END")
    of, step = moment(arguments[0]), _interval(part, literal(int(length)), name)
    first = "1969-12-29" if part == "week" else "1970-01-01"
    given = of.copy() if part in _OF_DATES else macro("sf_of_clock", of.copy())
    made: exp.Expr = call("sf_time_slice", given, step, exp.cast(literal(first), "TIMESTAMP"))
    if end == "END":
        made = exp.Add(this=made, expression=step.copy())
    return call(KEPT_DATE, of, made) if part in _OF_DATES else exp.paren(made)


def _of_parts(arguments: list[exp.Expr]) -> exp.Expr:
    """A timestamp of its numbers, or of a date and a time."""
    if len(arguments) in (3, 4, 5):
        raise errors.invalid("TIMESTAMP_FROM_PARTS takes a date and a time, or six or seven numbers")
    return call("sf_timestamp_from_parts", *arguments)


def _converted(arguments: list[exp.Expr]) -> exp.Expr:
    """CONVERT_TIMEZONE with a source zone, of a timestamp without one; or to UTC."""
    if len(arguments) == 3:
        source, target, of = arguments
        return call("timezone", target, call("timezone", source, exp.cast(moment(of), "TIMESTAMP")))
    if arguments[0].name.upper() != "UTC":
        raise NotImplementedError("CONVERT_TIMEZONE of two arguments to any zone but UTC")
    return macro("sf_timestamp_tz", arguments[1])


FUNCTIONS: dict[str, Function] = {
    **dict.fromkeys(("DATEADD", "TIMESTAMPADD", "TIMEADD"), Function(3, 3, _added)),
    **dict.fromkeys(("DATEDIFF", "TIMESTAMPDIFF", "TIMEDIFF"), Function(3, 3, _between)),
    "DATE_TRUNC": Function(2, 2, truncated),
    "DATE_PART": Function(2, 2, _part),
    **{
        name: Function(1, 1, lambda a, part=part: extracted(part, a[0]))  # type: ignore[misc]
        for name, part in (
            ("YEAR", "year"), ("QUARTER", "quarter"), ("MONTH", "month"), ("WEEK", "week"), ("WEEKOFYEAR", "week"),
            ("WEEKISO", "weekiso"), ("DAY", "day"), ("DAYOFMONTH", "day"), ("DAYOFWEEK", "dayofweek"),
            ("DAYOFWEEKISO", "dayofweekiso"), ("DAYOFYEAR", "dayofyear"), ("YEAROFWEEK", "yearofweek"),
            ("YEAROFWEEKISO", "yearofweekiso"), ("HOUR", "hour"), ("MINUTE", "minute"), ("SECOND", "second"),
        )
    },
    "DAYNAME": Function(1, 1, lambda a: call("strftime", moment(a[0]), literal("%a"))),
    "MONTHNAME": Function(1, 1, lambda a: call("strftime", moment(a[0]), literal("%b"))),
    "LAST_DAY": Function(1, 2, _last_day),
    "NEXT_DAY": Function(2, 2, partial(_weekday, "next_day")),
    "PREVIOUS_DAY": Function(2, 2, partial(_weekday, "previous_day")),
    "MONTHS_BETWEEN": Function(2, 2, _months_between),
    "TIME_SLICE": Function(3, 4, _sliced),
    "ADD_MONTHS": Function(2, 2, _months_added),
    **dict.fromkeys(("DATE_FROM_PARTS", "DATEFROMPARTS"), duckdb("sf_date_from_parts", 3)),
    **dict.fromkeys(("TIME_FROM_PARTS", "TIMEFROMPARTS"), duckdb("sf_time_from_parts", 3, 4)),
    **dict.fromkeys(
        ("TIMESTAMP_FROM_PARTS", "TIMESTAMPFROMPARTS", "TIMESTAMP_NTZ_FROM_PARTS", "TIMESTAMPNTZFROMPARTS"),
        Function(2, 7, _of_parts),
    ),
    "CONVERT_TIMEZONE": Function(2, 3, _converted),
    "SYSDATE": duckdb("sf_sysdate", 0),
    "GETDATE": duckdb("now", 0),
    "SYSTIMESTAMP": duckdb("now", 0),
}  # fmt: skip
