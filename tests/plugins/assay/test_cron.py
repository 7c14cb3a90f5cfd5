"""Accepted schedules are Airflow's own, and fire; evenly where they have a step. Refused ones are in checks/cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from airflow.timetables.base import TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable
from hypothesis import given
from hypothesis import strategies as st
from pendulum import DateTime

from assay.cron import checked

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def field(lowest: int, highest: int) -> st.SearchStrategy[str]:
    number = st.integers(lowest - 1, highest + 1).map(str)
    return st.one_of(
        st.just("*"),
        number,
        st.tuples(number, number).map("-".join),
        st.lists(number, min_size=1, max_size=3).map(",".join),
        st.integers(0, highest + 1).map(lambda step: f"*/{step}"),
    )


lines = st.tuples(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)).map(" ".join)


@given(lines)
def test_what_is_accepted_is_airflows_and_fires_within_a_year(line: str) -> None:
    try:
        checked(line)
    except ValueError:
        return
    found = CronTriggerTimetable(line, timezone="UTC").next_dagrun_info(
        last_automated_data_interval=None,
        restriction=TimeRestriction(DateTime.instance(FIRST), None, catchup=True),
    )
    assert found is not None
    assert found.run_after is not None
    assert found.run_after <= FIRST + timedelta(days=366)


@given(st.integers(1, 59))
def test_a_step_that_is_accepted_is_even(step: int) -> None:
    try:
        checked(f"*/{step} * * * *")
    except ValueError:
        assert 60 % step
        return
    assert 60 % step == 0


@pytest.mark.parametrize("line", ["30 5 * * *", "* * * * *", "*/5 * * * *", "0 6 * * mon-fri", "0 5 1 * *", "@daily"])
def test_what_people_write_is_accepted(line: str) -> None:
    assert checked(line) == line
