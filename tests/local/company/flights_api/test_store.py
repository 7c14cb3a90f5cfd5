from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.company.flights_api.store import Store


def row(day: int, flight: int) -> list[str]:
    text = f"2013 1 {day} 517 515 2 830 819 11 UA {flight} N14228 EWR IAH 227 1400 5 15 2013-01-0{day}T10:00:00Z"
    return text.split()


ROWS = [row(day, flight) for day in (3, 1, 2) for flight in (30, 20, 10)]  # not in order, as in the data package


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "flights.db", ROWS)


def everything(store: Store, since: str = "", size: int = 2) -> list[dict[str, Any]]:
    """All pages after `since`."""
    found, position = [], None
    while True:
        page = store.page(since, position, size)
        assert len(page.records) <= size
        found += page.records
        if (position := page.next_position) is None:
            return found


def test_before_the_first_day_nothing_is_known(store: Store) -> None:
    assert (store.clock, store.count(), everything(store)) == (None, 0, [])


def test_a_day_appears_when_it_has_ended(store: Store) -> None:
    store.clock = "2013-01-02"
    assert (store.count(), store.count("2013-01-02"), store.count("2013-01-03")) == (6, 3, 0)
    assert {record["day"] for record in everything(store)} == {1, 2}


@pytest.mark.parametrize("size", [1, 2, 3, 6, 100])
def test_pages_of_any_size_give_each_record_once_in_cursor_order(store: Store, size: int) -> None:
    store.clock = "2013-01-03"
    keys = [(record["updated_at"], record["flight_id"]) for record in everything(store, size=size)]
    assert keys == sorted(set(keys))
    assert len(keys) == 9


def test_the_cursor_is_exclusive(store: Store) -> None:
    store.clock = "2013-01-02"
    last = everything(store)[-1]["updated_at"]
    assert everything(store, since=last) == []
    store.clock = "2013-01-03"
    assert {record["day"] for record in everything(store, since=last)} == {3}


def test_a_changed_record_is_served_once_more_after_everything_before(store: Store) -> None:
    store.clock = "2013-01-02"
    last = everything(store)[-1]["updated_at"]
    for value in (-5, -6):
        changed = store.change("UA-20-EWR-20130101-0515", "distance", value)
        assert everything(store, since=last) == [changed]
        assert changed["distance"] == value
        last = changed["updated_at"]
    assert store.fix("UA-20-EWR-20130101-0515")["distance"] == 1400
    assert len(everything(store, since=last)) == 1
    assert len(everything(store)) == 6
    store.clock = "2013-01-03"
    last = max(record["updated_at"] for record in everything(store))
    assert last == "2013-01-04T00:00:00Z"


def test_a_record_changed_before_its_day_arrives_wrong_with_its_day(store: Store) -> None:
    changed = store.change(store.first_of("2013-01-02"), "carrier", None)
    assert changed["updated_at"] == "2013-01-03T00:00:00Z"
    assert everything(store) == []
    store.clock = "2013-01-02"
    assert everything(store, since="2013-01-02T00:00:00Z")[0] == changed


def test_clock_and_changes_outlive_the_process(store: Store, tmp_path: Path) -> None:
    store.clock = "2013-01-01"
    changed = store.change("UA-10-EWR-20130101-0515", "origin", "XXX")
    again = Store(tmp_path / "flights.db")
    assert again.clock == "2013-01-01"
    assert everything(again)[-1] == changed


def test_a_build_that_was_cut_short_is_begun_again(tmp_path: Path) -> None:
    def cut_short() -> Any:
        yield ROWS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path / "flights.db", cut_short())
    assert not (tmp_path / "flights.db").exists()
    store = Store(tmp_path / "flights.db", ROWS)
    store.clock = "2013-12-31"
    assert store.count() == 9


def test_an_unknown_flight_is_an_error(store: Store) -> None:
    with pytest.raises(KeyError):
        store.change("nobody", "distance", 1)
    with pytest.raises(KeyError):
        store.first_of("2014-01-01")
