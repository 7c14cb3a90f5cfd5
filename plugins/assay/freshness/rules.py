"""Which tables are late, and what is posted of it. Pure; times are UTC without a zone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assay.contracts.check_results import check_rule
from assay.contracts.contract import Contract, Rule


@dataclass(frozen=True)
class Late:
    """A table whose newest value is older than its contract allows. `since`: when it became so; None where there is no
    value."""

    table: str
    rule: str
    sentence: str
    since: datetime | None

    @property
    def key(self) -> str:
        return f"{self.table}.{self.rule}"


def late(contract: Contract, ages: Iterable[tuple[Rule, int, float | None]], now: datetime) -> list[Late]:
    """Those of a contract's rules that do not hold; `ages` as `contracts.ages.read_ages` gives them."""
    found = []
    for rule, rows, age in ages:
        result = check_rule(rule, rows, age)
        if not result.held:
            since = None if age is None else now - timedelta(seconds=age - rule.bound.values[0])
            found.append(Late(contract.table, rule.name, result.sentence, since))
    return found


def asked_by_a_run(found: Late, asked: datetime | None) -> bool:
    """Whether a run of the zone has asked the same since the table is late: its own warning says so. `asked`: when the
    last load of the table was approved."""
    return asked is not None and found.since is not None and asked >= found.since


@dataclass(frozen=True)
class News:
    """`late` is to be posted, `over` are the keys that are fresh again, `known` is what the channel knows then."""

    late: tuple[Late, ...]
    over: tuple[str, ...]
    known: Mapping[str, str]


def news(known: Mapping[str, str], found: Sequence[Late], asked: Mapping[str, datetime]) -> News:
    """What to post, once for each rule until it holds again. `known` maps keys to the sentences that were posted,
    `asked` tables to when their last load was approved."""
    now_late = {each.key: each for each in found}
    new = [
        each for key, each in now_late.items() if key not in known and not asked_by_a_run(each, asked.get(each.table))
    ]
    over = tuple(sorted(key for key in known if key not in now_late))
    kept = {key: text for key, text in known.items() if key in now_late}
    return News(tuple(new), over, kept | {each.key: each.sentence for each in new})
