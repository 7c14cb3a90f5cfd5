"""What is posted of late tables: each once, its end once, and nothing that a run of the zone has said itself."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from assay.freshness.rules import Late, asked_by_a_run, news

START = datetime(2026, 1, 1)


def late(table: str, hour: float | None) -> Late:
    since = None if hour is None else START + timedelta(hours=hour)
    return Late(table, "freshness", f"{table} is late", since)


def test_a_run_that_asked_since_has_said_it() -> None:
    assert asked_by_a_run(late("t", 1), START + timedelta(hours=2))
    assert not asked_by_a_run(late("t", 3), START + timedelta(hours=2))
    assert not asked_by_a_run(late("t", 3), None)
    assert not asked_by_a_run(late("t", None), START)


def test_histories_of_hours_post_each_lateness_once_and_each_end_once() -> None:
    """Tables become late and fresh as they like, the zone runs or not; every hour asks, some hours are missed."""
    for seed in range(200):
        chance = random.Random(seed)
        known: dict[str, str] = {}
        judged: dict[str, datetime] = {}
        since: dict[str, float] = {}
        posted: dict[str, float] = {}
        for hour in range(60):
            for table in ("a", "b"):
                if chance.random() < 0.2 and since.pop(table, None) is None:
                    since[table] = hour
                if chance.random() < 0.1:  # a run of the zone judges a load, and asks as well
                    judged[table] = START + timedelta(hours=hour)
            if chance.random() < 0.3:
                continue
            found = [late(table, at) for table, at in since.items()]
            result = news(known, found, judged)
            for each in result.late:
                assert posted.get(each.table) != since[each.table], "posted twice"
                assert not asked_by_a_run(each, judged.get(each.table))
                posted[each.table] = since[each.table]
            assert {key.partition(".")[0] for key in result.over} == {key.partition(".")[0] for key in known} - set(
                since
            )
            known = dict(result.known)
            for table, at in since.items():
                told = f"{table}.freshness" in known
                assert told or asked_by_a_run(late(table, at), judged.get(table)), "late, and no one has said so"
