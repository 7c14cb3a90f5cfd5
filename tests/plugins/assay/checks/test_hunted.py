"""What a hostile reader tried is refused at check time, with its file and a line."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from assay.checks import wrong_with_platform, wrong_with_zone
from tests.plugins.assay.checks.hunted import FOUND, HELD, Edit
from tests.plugins.assay.checks.test_refusals import checkout

__all__ = ["checkout"]
pytestmark = pytest.mark.core


@contextmanager
def edited(checkout: Path, edit: Edit) -> Iterator[None]:
    file, before, after = edit
    path = checkout / file
    kept = path.read_bytes() if path.is_file() else None
    if before is None:
        text = after if isinstance(after, bytes) else after.encode()
    else:
        assert kept is not None
        assert isinstance(after, str)
        assert before.encode() in kept, f"{file} has changed: this needs another edit: {before!r}"
        text = kept.replace(before.encode(), after.encode(), 1)
    made = next((each for each in reversed(path.parents) if not each.exists()), None)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    try:
        yield
    finally:
        if kept is not None:
            path.write_bytes(kept)
        elif made is not None:
            shutil.rmtree(made)
        else:
            path.unlink()


def said(checkout: Path, file: str) -> list[str]:
    """What the check says that this file takes part in."""
    parts = file.split("/")
    if parts[:2] == ["dags", "zones"] and (checkout / "dags/zones" / parts[2]).is_dir() and not file.endswith(".py"):
        return wrong_with_zone(checkout / "dags/zones" / parts[2])
    if parts[0] == "dags" and (checkout / "dags/zones" / Path(file).stem).is_dir():
        return wrong_with_zone(checkout / "dags/zones" / Path(file).stem)
    return wrong_with_platform(checkout / "dags")


def let_through(checkout: Path, edits: Sequence[Edit]) -> list[tuple[Edit, list[str]]]:
    """The edits of which no sentence names their file and a line, each with what is said instead."""
    passed = []
    for edit in edits:
        file = edit[0]
        with edited(checkout, edit), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            sentences = said(checkout, file)
        names = rf"({re.escape(file)}|{re.escape(file.removeprefix('dags/'))}):\d+: "
        if not any(re.match(names, sentence) for sentence in sentences):
            passed.append((edit, sentences))
    return passed


def test_what_passed_once_is_refused(checkout: Path) -> None:
    assert len(FOUND) >= 100
    assert said(checkout, "dags/zones/flights/zone.yml") == said(checkout, "airbyte/x.yaml") == []
    assert let_through(checkout, FOUND) == []


@pytest.mark.wide
def test_what_was_refused_from_the_beginning_still_is(checkout: Path) -> None:
    assert len(HELD) >= 200
    assert let_through(checkout, HELD) == []


def test_what_is_right_is_let_through(checkout: Path) -> None:
    """The same kinds, as they may be."""
    right: list[Edit] = [
        ("dags/zones/flights/zone.yml", "description: Flights", 'description: "\\U0001F600 Flights"  # '),
        _condition("candidate.carrier = 'it''s'"),
        _condition("distance / nullif(air_time, 0) > 1"),
        _condition("div0(distance, air_time) > 1"),
        _condition("try_to_number(carrier) is null"),
        _condition("try_cast(carrier as integer) is null"),
        _condition("distance / 2 > 1 and distance % 7 < 7"),
        _condition("regexp_like(carrier, '^[A-Z0-9]+$')"),
        _condition("dateadd(day, 1, time_hour) > time_hour"),
        _condition("datediff('minute', time_hour, time_hour) = 0"),
        _condition("date_trunc(hour, time_hour) = time_hour"),
        _condition("extract(year from time_hour) = year"),
        _condition("to_date(time_hour) > '2000-01-01'"),
        _condition("iff(distance > 1, carrier, origin) is not null"),
        _condition("substr(carrier, 1, 2) = carrier and (distance > 1) is true"),
        _condition("distance::varchar = '1' or 'x' || carrier = 'xAA'"),
    ]
    for edit in right:
        with edited(checkout, edit):
            assert said(checkout, edit[0]) == [], edit


def _condition(sql: str) -> Edit:
    return "dags/zones/flights/contracts/flights.odcs.yaml", "arr_time is null or dep_time is not null", sql
