"""A value lands as it is or not at all, whichever of the four ways it takes."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assay.contracts.reader import read_contract
from tests.plugins.assay.contracts.landing_ways import Airbyte, Container, Files, SqlJob, Way
from tests.plugins.assay.embedded import Embedded

pytestmark = pytest.mark.core

CONTRACT = read_contract(
    "apiVersion: v3.2.0\nkind: DataContract\nid: things\nversion: 1.0.0\nstatus: active\nschema:\n  - name: things\n"
    "    properties:\n"
    + "".join(
        f"      - {{name: {name}, description: x, physicalType: '{type_}', primaryKey: {str(name == 'id').lower()}}}\n"
        for name, type_ in {
            "id": "NUMBER(38,0)", "whole": "NUMBER(38,0)", "small": "NUMBER(5,0)", "money": "NUMBER(12,2)",
            "ratio": "FLOAT", "flag": "BOOLEAN", "day": "DATE", "at": "TIMESTAMP_NTZ", "instant": "TIMESTAMP_TZ",
            "word": "VARCHAR", "note": "VARCHAR(5)",
        }.items()
    ),
    "things",
    "things.odcs.yaml",
)  # fmt: skip
NAMES = [column.name for column in CONTRACT.columns if column.name != "id"]
WIDEST_HERE = 2**63 - 1
"""What the embedded warehouse's NUMBER(38,0) holds; it fails the load of what is wider."""
EXAMPLES = int(os.environ.get("ASSAY_LOSSLESS_EXAMPLES", "2"))
HOSTILE = [
    "infinity", "-Infinity", "Infinity", "inf", "NaN", "nan", "1e400", "-1e400", "1e-400", "1_000", "0x10", "0b1",
    "0o7", "\uff11\uff12", "\u0663", " 12 ", "12 ", "\t12", "12\n", "+5", "1,000", "1.000,5", "1 000", ".5", "5.",
    "--5", "5-", "(5)", "$5", "5%", "1.005", "0.1e1", "1e3", "1E+2", "12345678901",
    "99999999999999999999999999999999999999", "999999999999999999999999999999999999999",
    "100000000000000000000000000000000000000", "-999999999999999999999999999999999999999",
    "0000000000000000000000000000000000000000000000000000000000007", "9007199254740993", "0.1234567890123456789",
    "10.357019999999999", "0.10000000000000001", "123456789012345678", "1.7976931348623157e308", "5e-324", "-0",
    "-0.0", "0e999", "1.50", "1.500000000000000000000", "007", "99999", "100000", "TRUE", "True", "t", "f", "yes",
    "no", "Y", "1", "0", "on", "off", "true ", "false", "true", "2013-02-30", "2013-02-29", "2012-02-29",
    "20107-01-01", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "-2013-01-01", "2013-1-5", "13-01-05",
    "05/01/2013", "05.01.2013", "20130105", "2013-W01-1", "2013-005", "1357344000", "1357344000000", "Jan 5, 2013",
    "5 January 2013", "epoch", "now", "today", "2013-01-05 BC", "2013-01-01T05:00:00", "2013-01-01 05:00:00",
    "2013-01-01T05:00:00Z", "2013-01-01T05:00:00+05:00", "2013-01-01T05:00:00-0330", "2013-01-01 05:00:00+00",
    "2013-01-01T05:00:00+15:00", "2013-01-01T05:00:00 +05:00", "2013-01-01T05:00:00 UTC",
    "2013-01-01T05:00:00 Europe/Berlin", "2013-01-01T24:00:00", "2013-01-01T23:59:60", "2013-01-01T05:00",
    "2013-01-01T05", "2013-01-01", "2013-01-01T05:00:00.123456", "2013-01-01T05:00:00.1234567",
    "2013-01-01T05:00:00.123456000", "2013-01-01T05:00:00,5", "0001-01-01T00:00:00+05:00",
    "9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59.999999", "0001-01-01T00:00:00Z", "2013-01-01t05:00:00z",
    "12:30", "2013-01-01T05:00:00+24:00", "NULL", "null", "None", "NA", "\\N", "''", "\"", "a,b", "line\nbreak",
    "12345", "123456", "ünïcödé", "🦆🦆🦆🦆🦆", "\\", "%s", "{{ 1 }}", "'; drop table x; --",
]  # fmt: skip
TIME = r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+?)0*)?(Z|[+-]\d\d(?::?\d\d)?)?"


def meaning(name: str, text: str) -> Any:
    """The value that the text is, read by the book; None if it is none, or one that the type does not hold."""
    read: dict[str, Callable[[str], Any]] = {
        "whole": lambda t: _decimal(t, 38, 0), "small": lambda t: _decimal(t, 5, 0),
        "money": lambda t: _decimal(t, 12, 2),
        "ratio": _float, "flag": {"true": True, "false": False}.get, "day": _day, "at": lambda t: _time(t, False),
        "instant": lambda t: _time(t, True), "word": lambda t: t, "note": lambda t: t if len(t) <= 5 else None,
    }  # fmt: skip
    try:
        return read[name](text)
    except (ValueError, OverflowError, ArithmeticError):
        return None


def _decimal(text: str, precision: int, scale: int) -> Decimal | None:
    if not re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII):
        return None
    value = Fraction(text)  # exact, however many digits there are
    fits = (value * 10**scale).denominator == 1 and abs(value) < 10 ** (precision - scale)
    return Decimal(text) if fits else None


def _float(text: str) -> float | None:
    if not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text, re.ASCII):
        return None
    value = float(text)
    return value if math.isfinite(value) and Decimal(repr(value)) == Decimal(text) else None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None


def _time(text: str, zoned: bool) -> datetime | None:
    found = re.fullmatch(TIME, text, re.ASCII)
    if found is None or len(found[3] or "") > 6 or (zoned and not found[4]):
        return None
    moment = datetime.fromisoformat(f"{found[1]}T{found[2]}.{(found[3] or '').ljust(6, '0')}")
    if found[4] and found[4] != "Z":
        hours, minutes = int(found[4][1:3]), int(found[4][-2:] if len(found[4]) > 3 else 0)
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if found[4][0] == "-" else 1)
        if offset > timedelta(hours=14, minutes=59):
            return None
        moment -= offset
    return moment.replace(tzinfo=UTC) if zoned else moment


def _floats() -> st.SearchStrategy[str]:
    usual = st.floats(min_value=1e-4, max_value=1e30) | st.floats(min_value=-1e30, max_value=-1e-4) | st.just(0.0)
    short = st.tuples(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(-280, 280))
    return usual.map(repr) | short.map(lambda pair: f"{pair[0]}e{pair[1]}")


def _times(zoned: bool) -> st.SearchStrategy[str]:
    offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
    zones = offsets | st.just(UTC) if zoned else offsets | st.none()
    moments = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=zones)
    spelled = moments.map(lambda moment: moment.isoformat()) | moments.map(lambda moment: moment.isoformat(sep=" "))
    return spelled.map(lambda text: text.replace("+00:00", "Z"))


LETTERS = st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n")
GOOD: Mapping[str, st.SearchStrategy[str]] = {
    "whole": st.integers(-WIDEST_HERE, WIDEST_HERE).map(str),
    "small": st.integers(-99999, 99999).map(str),
    "money": st.integers(-(10**12) + 1, 10**12 - 1).map(lambda cents: str(Decimal(cents).scaleb(-2))),
    "ratio": _floats(),
    "flag": st.sampled_from(["true", "false"]),
    "day": st.dates().map(lambda day: day.isoformat()),
    "at": _times(zoned=False),
    "instant": _times(zoned=True),
    "word": st.text(LETTERS, min_size=1, max_size=20),
    "note": st.text(LETTERS, min_size=1, max_size=5),
}
DIGITS = st.text("0123456789+-.,eE_:TZ ", min_size=1, max_size=24)
Cell = tuple[str, str, bool]
"""A column, a text, and whether the text is a value of it beyond doubt."""
GOOD_CELLS = st.sampled_from(NAMES).flatmap(lambda name: GOOD[name].map(lambda text: (name, text, True)))
ODD_CELLS = st.tuples(st.sampled_from(NAMES), DIGITS | st.sampled_from(NAMES).flatmap(GOOD.__getitem__), st.just(False))
CELLS = st.lists(GOOD_CELLS | ODD_CELLS, min_size=150, max_size=250)
ALWAYS = [(name, text, False) for name in NAMES for text in HOSTILE]


def _held_here(cell: Cell) -> bool:
    name, text, _ = cell
    value = meaning("whole", text) if name in ("whole", "small") else None
    return value is None or abs(value) <= WIDEST_HERE


def _rows(cells: list[Cell], value: Callable[[str, str], Any], spared: set[int]) -> list[dict[str, Any]]:
    """A row for each cell, null but for its key and the cell; `spared` rows lose the cell, too."""
    return [
        {"id": number, **dict.fromkeys(NAMES)} | ({} if number in spared else {name: value(name, text)})
        for number, (name, text, _) in enumerate(cells)
    ]


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, datetime) and expected.tzinfo is not None:
        return isinstance(found, datetime) and found.tzinfo is not None and found == expected
    if isinstance(expected, Decimal):
        return isinstance(found, int | Decimal) and Decimal(found) == expected
    return type(found) is type(expected) and found == expected


def _hold(way: Way, cells: list[Cell], run: str, value: Callable[[str, str], Any] = lambda name, text: text) -> None:
    way.land(f"{run}-all", _rows(cells, value, set()))
    way.approve(f"{run}-all")
    reasons = way.quarantined(f"{run}-all")
    for number, (name, text, good) in enumerate(cells):
        if meaning(name, text) is None:
            assert number in reasons, f"{text!r} is no {name}, and was approved"
            assert name in reasons[number], f"{text!r} as {name} is in quarantine because of: {reasons[number]}"
        elif good:
            assert number not in reasons, f"{text!r} as {name} was refused: {reasons[number]}"
    way.land(f"{run}-rest", _rows(cells, value, set(reasons)))
    assert way.approve(f"{run}-rest") is None
    approved = way.approved()
    assert len(approved) >= len(cells)
    for number, (name, text, _) in enumerate(cells):
        if number in reasons:
            assert approved[number][name] is None
        else:
            expected, found = meaning(name, text), approved[number][name]
            assert _same(found, expected), f"{text!r} as {name} became {found!r}"


def _json(name: str, text: str) -> Any:
    """As a source's JSON has it: numbers and booleans if the text is one, else the text."""
    if name in ("whole", "small") and re.fullmatch(r"-?\d+", text, re.ASCII):
        return int(text)
    if name in ("money", "ratio") and meaning("ratio", text) is not None:
        return float(text)
    return {"true": True, "false": False}.get(text, text) if name == "flag" else text


def _as_number(cell: Cell) -> Cell:
    """1e3 in JSON is the number 1000, which says no more of its spelling."""
    name, text, good = cell
    value = _json(name, text)
    return (name, format(Decimal(repr(value)), "f"), good) if name == "money" and isinstance(value, float) else cell


FIELDS = {
    "id": {"type": "integer"}, "whole": {"type": ["null", "integer"]}, "small": {"type": ["null", "integer"]},
    "money": {"type": ["null", "number"]}, "ratio": {"type": ["null", "number"]}, "flag": {"type": ["null", "boolean"]},
    "day": {"type": ["null", "string"], "format": "date"},
    "at": {"type": ["null", "string"], "format": "date-time", "airbyte_type": "timestamp_without_timezone"},
    "instant": {"type": ["null", "string"], "format": "date-time"},
    "word": {"type": ["null", "string"]}, "note": {"type": ["null", "string"]},
}  # fmt: skip


@pytest.mark.parametrize("way", [Files, Container, SqlJob, Airbyte])
def test_an_approved_value_is_its_source_s_and_every_other_is_in_quarantine(
    way: type[Way], embedded: Embedded, company: Mapping[str, str]
) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    @given(CELLS)
    def hold(cells: list[Cell]) -> None:
        with embedded.zone("weather") as zone:
            made = way(embedded, zone, CONTRACT, company)
            if isinstance(made, Airbyte):
                made.fields = FIELDS
                _hold(made, [_as_number(cell) for cell in filter(_held_here, ALWAYS + cells)], "run", _json)
            else:
                _hold(made, list(filter(_held_here, ALWAYS + cells)), "run")

    hold()
