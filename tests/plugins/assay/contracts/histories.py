"""Random histories of files: what was dropped and written again, in any order, and the one table that must come of it.

A history is what happens to the rows of its own keys, so that hundreds of them share a load without meeting; ten share
their files, too. A later content of a file holds the keys of the earlier one: nothing here deletes, so a key that goes
away stays or not with what was loaded. Nor does a row's own time of change go back in a file.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

EPOCH = datetime(2013, 1, 1)
HEADER = ("history", "item", "value", "changed_on")
TOO_HIGH = 1_000_000


@dataclass(frozen=True)
class Row:
    history: int
    item: int
    value: int | None
    changed_on: int

    @property
    def key(self) -> tuple[int, int]:
        return self.history, self.item

    def fields(self) -> tuple[object, ...]:
        value = "" if self.value is None else self.value
        return self.history, self.item, value, f"{EPOCH + timedelta(days=self.changed_on):%Y-%m-%d}"


@dataclass(frozen=True)
class Content:
    """What a file held once, and the second in which it was written."""

    rows: tuple[Row, ...]
    second: int

    @property
    def written(self) -> datetime:
        return EPOCH + timedelta(days=365, seconds=self.second)

    @property
    def bad(self) -> bool:
        return any(row.value == TOO_HIGH for row in self.rows)

    def csv(self) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(row.fields() for row in self.rows)
        return text.getvalue().encode()


@dataclass(frozen=True)
class File:
    path: str
    day: int | None
    contents: tuple[Content, ...]

    def order(self) -> tuple[datetime, datetime, str]:
        """What its last content is ordered by."""
        written = self.contents[-1].written
        return written if self.day is None else EPOCH + timedelta(days=self.day), written, f"{self.path} "


@dataclass(frozen=True)
class Histories:
    """Some that share their files."""

    files: tuple[File, ...]

    def outcome(self, *, by_column: bool) -> dict[tuple[int, int], tuple[int | None, int]]:
        """Value and day of change by key, as the newest row of each key has them."""
        newest: dict[tuple[int, int], tuple[object, Row]] = {}
        for file in self.files:
            for row in file.contents[-1].rows:
                order = (row.changed_on if by_column else 0, file.order())
                if row.key not in newest or newest[row.key][0] < order:
                    newest[row.key] = (order, row)
        return {key: (row.value, row.changed_on) for key, (_, row) in newest.items()}


def random_histories(numbers: range, chance: random.Random, *, bad: bool) -> Histories:
    """`bad`: one of their files is written with a value that the contract refuses, and then corrected."""
    files = []
    for index in range(chance.choice((2, 2, 3))):
        day = chance.choice((None, chance.randrange(5), 365 + chance.randrange(3)))
        name = f"-{EPOCH + timedelta(days=day):%Y-%m-%d}" if day is not None else ""
        path = f"incoming/h{numbers[0]}-{chance.randrange(100)}-{index}{name}.csv"
        is_bad = bad and index == 0
        contents = []
        keys = {(number, item) for number in numbers for item in chance.sample(range(4), chance.randint(0, 3))}
        keys |= {(number, 0) for number in numbers if index == 0}
        changed: dict[tuple[int, int], int] = {}
        second = chance.randrange(3)
        for version in range(2 if is_bad else chance.choice((1, 1, 2, 3))):
            changed = {key: max(changed.get(key, 0), chance.randrange(3)) for key in keys}
            rows = [Row(*key, chance.choice((None, chance.randrange(3))), changed[key]) for key in sorted(keys)]
            rows += chance.sample(rows, min(len(rows), chance.choice((0, 0, 3))))  # equal rows are one
            if is_bad and version == 0:
                rows[0] = Row(rows[0].history, rows[0].item, TOO_HIGH, rows[0].changed_on)
            contents.append(Content(tuple(rows), second))
            keys |= {(chance.choice(numbers), chance.randrange(4))}
            second += chance.choice((0, 1, 5))
        files.append(File(path, day, tuple(contents)))
    return Histories(tuple(files))


@dataclass
class Replay:
    """One order in which histories happen: at each step some contents are dropped, then a load runs."""

    steps: list[list[tuple[File, Content]]] = field(default_factory=list)


def replay(histories: list[Histories], chance: random.Random, steps: int) -> Replay:
    """Each file's contents in their order, all else in any: late files, many at once, one at a time.

    A bad content is dropped in the second step and corrected in the third: one load is refused, whatever the order.
    """
    found = Replay([[] for _ in range(steps)])
    files = [file for each in histories for file in each.files]
    chance.shuffle(files)
    for file in files:
        for at, content in zip(_steps(file, chance, steps), file.contents, strict=True):
            found.steps[at].append((file, content))
    return found


def _steps(file: File, chance: random.Random, steps: int) -> Iterator[int]:
    if file.contents[0].bad:
        return iter((1, 2))
    return iter(sorted(chance.randrange(steps) for _ in file.contents))
