"""The days a run takes again: the two dates of the form that starts it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from assay.errors import AssayError
from assay.run_params import FROM, TO

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class WrongWindow(AssayError):
    """The dates in the form do not describe any days."""


@dataclass(frozen=True)
class Window:
    """Both days included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def window_of(params: Mapping[str, Any]) -> Window | None:
    """The window a run's parameters ask for, or None. A first day alone means just that day. Raises WrongWindow."""
    first, last = (_day(name, params.get(name)) for name in (FROM, TO))
    if first is None and last is None:
        return None
    if first is None:
        raise WrongWindow(f"{TO} is given without {FROM}; give the first day too")
    window = Window(first, last or first)
    if window.last < window.first:
        raise WrongWindow(f"{FROM} {window.first} is after {TO} {window.last}; swap them")
    return window


def _day(name: str, value: Any) -> date | None:
    if value in (None, ""):
        return None
    try:
        if not isinstance(value, str) or not DAY.fullmatch(value):  # Python reads 20130131 and 2013-W05-4, too
            raise ValueError(value)
        return date.fromisoformat(value)
    except ValueError:
        raise WrongWindow(f'{name} "{value}" is not a date such as 2013-01-31') from None
