"""Schedules: cron's five fields in UTC, as far as cron does with them what people mean by them.

Cron accepts much that never fires (30 February), fires when it should not (a day of the month *and* a weekday mean
either), or fires unevenly (`*/45` fires at minute 0 and 45). All of it is refused here, with what to write instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator

NICKNAMES = ("@hourly", "@daily", "@weekly", "@monthly", "@yearly")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LEAP_YEAR = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
PART = re.compile(r"(?P<first>\*|[0-9]{1,2}|[a-z]{3})(?:-(?P<last>[0-9]{1,2}|[a-z]{3}))?(?:/(?P<step>[0-9]{1,2}))?")


@dataclass(frozen=True)
class _Field:
    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return self.highest - self.lowest + 1

    def values(self, text: str) -> set[int]:
        """The values that the field's text names. Raises ValueError with a sentence."""
        found: set[int] = set()
        for part in text.split(","):
            found |= self._part(part)
        return found

    def _part(self, text: str) -> set[int]:
        match = PART.fullmatch(text.lower())
        if match is None:
            raise ValueError(
                f'has "{text}" as {self.name}; write *, a number from {self.lowest} to {self.highest}, a list such as '
                "1,5, a range such as 1-5, or a step such as */5"
            )
        if match["first"] == "*":
            if match["last"]:
                raise ValueError(f'has "{text}" as {self.name}; write a range as two numbers')
            first, last = self.lowest, self.highest
        else:
            first = self._number(match["first"], text)
            last = self._number(match["last"], text) if match["last"] else first
        if last < first:
            raise ValueError(f'has the range "{text}" as {self.name}, which ends before it begins; write two ranges')
        if match["step"] is None:
            return set(range(first, last + 1))
        return self._stepped(text, first, last, int(match["step"]), single=match["first"] != "*" and not match["last"])

    def _stepped(self, text: str, first: int, last: int, step: int, single: bool) -> set[int]:
        if single:
            raise ValueError(f'has "{text}" as {self.name}, a step of one value; write a range before the step')
        if step == 0:
            raise ValueError(f'has "{text}" as {self.name}, a step of nothing; write a number above 0')
        values = set(range(first, last + 1, step))
        if (first, last) == (self.lowest, self.highest) and (self.count % step or self.name == "day of the month"):
            raise ValueError(
                f'has "{text}" as {self.name}, which is not every {step}: it starts over at {self.lowest}. Write out '
                f"what is meant: {','.join(str(value) for value in sorted(values))}"
            )
        return values

    def _number(self, text: str, part: str) -> int:
        if text in self.names:
            return self.names.index(text) + self.lowest
        if not text.isdigit() or not self.lowest <= int(text) <= self.highest:
            raise ValueError(f'has "{part}" as {self.name}, which goes from {self.lowest} to {self.highest}')
        return int(text)


MINUTE, HOUR = _Field("minute", 0, 59), _Field("hour", 0, 23)
DAY, MONTH = _Field("day of the month", 1, 31), _Field("month", 1, 12, MONTHS)
WEEKDAY = _Field("weekday", 0, 6, WEEKDAYS)


def checked(text: str) -> str:
    """The schedule as it is. Raises ValueError with the rest of a sentence that begins with its key."""
    if text in NICKNAMES:
        return text
    if text.startswith("@"):
        raise ValueError(f'is "{text}"; write five fields, or one of {", ".join(NICKNAMES)}')
    fields = text.split(" ")
    if len(fields) != 5 or "" in fields:
        raise ValueError(
            f'is "{text}", which is no cron line; write minute, hour, day of the month, month and weekday with one '
            'space between them, such as "30 5 * * *"'
        )
    minute, hour, day, month, weekday = fields
    MINUTE.values(minute)
    HOUR.values(hour)
    days, months = DAY.values(day), MONTH.values(month)
    WEEKDAY.values("0" if weekday == "7" else weekday)
    if minute == "*" and text != "* * * * *":
        raise ValueError(f'is "{text}", which fires in every minute of that time; write 0 as minute, or 0-59')
    if day != "*" and weekday != "*":
        raise ValueError(
            f'is "{text}", and cron fires on such days of the month and on such weekdays, too; leave one of them *'
        )
    short = [MONTHS[number - 1] for number in sorted(months) if min(days) > LEAP_YEAR[number - 1]]
    if len(short) == len(months):
        raise ValueError(f'is "{text}", which never fires: {", ".join(short)} has no day {min(days)}')
    if short:
        raise ValueError(
            f'is "{text}", which passes over {", ".join(short)}; name the months that have a day {min(days)}'
        )
    if months == {2} and days == {29}:
        raise ValueError(f'is "{text}", which fires every fourth year; use 28')
    return text


Cron = Annotated[str, AfterValidator(checked)]
