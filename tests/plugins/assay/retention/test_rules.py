"""What may go and what stays, over any history of loads."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.retention.rules import Left, Record, plan
from assay.zones import Keep

NOW = datetime(2026, 1, 31)
KEEP = Keep(
    load_tables=timedelta(days=2), refused=timedelta(days=3), files=timedelta(days=4), ledger=timedelta(days=10)
)


def load(number: int, status: str, days_ago: float, **more: object) -> Record:
    return Record(f"L{number:012d}", "a", "t", status, NOW - timedelta(days=days_ago), **more)  # type: ignore[arg-type]


def lefts(records: list[Record]) -> list[Left]:
    return [Left(f"T__{each.load_id}", each.load_id, each.landed_at) for each in records if not each.same_as]


def names(records: list[Record]) -> set[str]:
    return {f"T__{each.load_id}" for each in records}


def test_the_table_of_an_approved_load_goes_when_its_time_has_come() -> None:
    records = [load(1, "approved", 5), load(2, "approved", 1)]
    decided = plan(records, lefts(records), [], KEEP, NOW)
    assert set(decided.tables) == names(records[:1])
    assert decided.over == decided.records == decided.compacted == ()


def test_a_refused_load_stands_until_its_source_has_another_and_then_for_its_time() -> None:
    refused = load(1, "refused", 100)
    assert plan([refused], lefts([refused]), [], KEEP, NOW).tables == ()
    repeated = [refused, *(load(number, "refused", number / 100, same_as=refused.load_id) for number in range(2, 90))]
    assert plan(repeated, lefts(repeated), [], KEEP, NOW).over == ()
    later = [*repeated, load(99, "approved", 0)]
    assert plan(later, lefts(later), [], KEEP, NOW).over == (refused,)
    young = [load(1, "refused", 2), load(2, "approved", 0)]
    assert plan(young, lefts(young), [], KEEP, NOW).over == ()


def test_runs_that_brought_nothing_leave_no_record_but_the_newest() -> None:
    records = [load(number, "approved", 50 - number, empty=True) for number in range(20)]
    assert plan(records, [], [], KEEP, NOW).records == tuple(records[:-1])


def test_what_is_not_recorded_yet_belongs_to_a_load_in_the_making() -> None:
    made = [Left("T__L1", "L1", NOW - timedelta(hours=3)), Left("T__L2", "L2", NOW - timedelta(days=2))]
    assert plan([], made, [], Keep(load_tables=timedelta(minutes=1)), NOW).tables == ("T__L2",)


STATES = st.sampled_from(["approved", "approved empty", "refused", "landed", "repeat"])


@settings(max_examples=200)
@given(st.lists(st.tuples(STATES, st.integers(0, 30), st.sampled_from("ab")), max_size=30), st.integers(1, 12))
def test_nothing_that_is_needed_goes_and_nothing_old_stays(history: list[tuple[str, int, str]], days: int) -> None:
    keep = Keep(**{key: timedelta(days=days) for key in Keep.model_fields})
    records: list[Record] = []
    for number, (state, ago, source) in enumerate(sorted(history, key=lambda each: -each[1])):
        last = next((each for each in reversed(records) if each.source == source), None)
        same_as = (last.same_as or last.load_id) if last and last.status == "refused" and state == "repeat" else None
        status = "refused" if state == "repeat" else state.split()[0]
        records.append(
            Record(f"L{number:012d}", source, "t", status, NOW - timedelta(days=ago, seconds=-number),
                   same_as=same_as, empty="empty" in state)
        )  # fmt: skip
    decided = plan(records, lefts(records), [], keep, NOW)
    leaving = {each.load_id for each in (*decided.over, *decided.records, *decided.compacted)}
    for source in "ab":
        own = [each for each in records if each.source == source]
        approved = [each for each in own if each.status == "approved"]
        if own:
            assert own[-1].load_id not in leaving, "the newest"
            standing = own[-1].same_as
            assert standing is None or (standing not in leaving and f"T__{standing}" not in decided.tables)
        if approved:
            assert approved[-1].load_id not in leaving, "the newest approved one"
        for each in own[:-1]:
            if each not in approved[-1:] and each.ended < NOW - timedelta(days=days, minutes=1):
                assert each.load_id in leaving or each.load_id == own[-1].same_as, each
    young = {each.load_id for each in records if each.ended > NOW - timedelta(days=days)}
    assert not leaving & young
