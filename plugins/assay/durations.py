"""Lengths of time as people write them in YAML files: `30s`, `5m`, `6h` or `1d`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
WRITTEN = re.compile(r"([1-9][0-9]{0,5})([smhd])")


def duration(value: object) -> object:
    """As dbt-airflow-factory reads them, too."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and (match := WRITTEN.fullmatch(value)):
        return timedelta(**{UNITS[match[2]]: int(match[1])})
    raise ValueError(f'must be a number above 0 with a unit, such as 30s, 5m, 6h or 1d, and is "{value}"')


def written(length: timedelta) -> str:
    """The same in the largest unit that it is a whole number of."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


Duration = Annotated[timedelta, BeforeValidator(duration)]
