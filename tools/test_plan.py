"""Which tests run together: files that share a running server go to one pytest, long ones to several side by side.

Pure: from what pytest has collected (tests/tiers.py) to groups of files.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

WEIGHT = {"fast": 0.1, "core": 1.0, "wide": 1.0, "deep": 60.0}
"""What a test costs compared with others, roughly: enough to share the work out evenly."""

WHOLE_PLATFORM = 1000.0
"""More than all others together: what starts the platform begins first, and is never shared out."""

LARGEST = 90.0
"""A group that weighs more is shared out, unless it is a single file."""


@dataclass(frozen=True)
class Collected:
    """A test as collected. `shares`: its fixtures of the session that start programs."""

    id: str
    tier: str
    shares: tuple[str, ...]

    @property
    def file(self) -> str:
        return self.id.split("::")[0]


@dataclass(frozen=True)
class Group:
    """Files for one pytest. Each has a process of its own: the embedded warehouse has a certificate that a process is
    made to trust by its one environment."""

    title: str
    files: tuple[str, ...]
    weight: float


def read(collected: Mapping[str, Mapping[str, object]]) -> list[Collected]:
    """The tests of a plan that pytest wrote."""
    return [
        Collected(test, str(found["tier"]), tuple(map(str, found["shares"])))  # type: ignore[call-overload]
        for test, found in collected.items()
    ]


def groups(tests: Iterable[Collected], tiers: Iterable[str]) -> list[Group]:
    """Groups of the files that have tests of these tiers, the heaviest first."""
    weights: dict[str, float] = defaultdict(float)
    shares: dict[str, set[str]] = defaultdict(set)
    wanted = set(tiers)
    for test in tests:
        if test.tier in wanted:
            weights[test.file] += WEIGHT[test.tier] + (WHOLE_PLATFORM if _is_whole(test.shares) else 0)
            shares[test.file] |= set(test.shares)
    made = [
        group
        for files in _connected(shares)
        for group in _shared_out(files, weights, _title(shares[files[0]]))
    ]  # fmt: skip
    return sorted(made, key=lambda group: (-group.weight, group.title))


def left_out(tests: Iterable[Collected], tiers: Iterable[str]) -> dict[str, int]:
    """How many tests of each other tier are not run."""
    return dict(Counter(test.tier for test in tests if test.tier not in set(tiers)))


def _is_whole(shares: Iterable[str]) -> bool:
    return any(each.endswith("::checkout") for each in shares)


def _connected(shares: Mapping[str, set[str]]) -> list[list[str]]:
    """Files by what they share, over several steps too; those that share nothing are together."""
    parts: list[tuple[set[str], list[str]]] = []
    for file in sorted(shares):
        mine, files = set(shares[file]) or {""}, [file]
        rest = []
        for names, members in parts:
            if names & mine:
                mine |= names
                files = members + files
            else:
                rest.append((names, members))
        parts = [*rest, (mine, files)]
    return [files for _, files in parts]


def _shared_out(files: list[str], weights: Mapping[str, float], title: str) -> list[Group]:
    """The files in as many groups as their weight asks for, of about the same weight; heavy files first."""
    total = sum(weights[file] for file in files)
    number = 1 if total >= WHOLE_PLATFORM else max(1, min(len(files), math.ceil(total / LARGEST)))
    bins: list[list[str]] = [[] for _ in range(number)]
    filled = [0.0] * number
    for file in sorted(files, key=lambda name: (-weights[name], name)):
        at = filled.index(min(filled))
        bins[at].append(file)
        filled[at] += weights[file]
    return [
        Group(f"{title} {at + 1} of {number}" if number > 1 else title, tuple(sorted(bins[at])), filled[at])
        for at in range(number)
    ]


def _title(shares: Iterable[str]) -> str:
    """Says what is shared, as `tests/dbt: warehouse`."""
    if _is_whole(shares):
        return "the whole platform, end to end"
    named: dict[str, list[str]] = defaultdict(list)
    for each in sorted(shares):
        folder, _, fixture = each.rpartition("::")
        named[folder].append(fixture.lstrip("_"))
    return "; ".join(f"{folder}: {', '.join(names)}" for folder, names in named.items()) or "tests that share no server"
