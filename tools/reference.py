"""The generated parts of the documentation: what zone files may say, the timetable of the zones there are, and what
environments differ in.

They stand between `<!-- generated: NAME -->` and `<!-- end -->`; `./assay generate` writes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from assay.alerts.channel import Channel
from assay.alerts.channels import channels
from assay.durations import written
from assay.zones import Keep, Resources, Source, Zone, load_zones
from assay.zones.kinds import sources
from assay.zones.zone import Reads
from tools.differences import differences

PAGES = ("docs/zones.md", "docs/alerts.md", "docs/deploy.md", "dags/README.md")
BLOCK = re.compile(r"(?<=<!-- generated: )(?P<name>[\w-]+)(?P<open> -->\n).*?(?P<close><!-- end -->)", re.DOTALL)
DAILY = re.compile(r"(?P<minute>\d+) (?P<hour>\d+) \* \* \*")


class UnknownTable(Exception):
    """A page asks for an unknown table."""


def refreshed(page: str, root: Path) -> str:
    """The page's text with every generated part as it should be now. `root` is the checkout, whose zones are listed."""

    def fill(block: re.Match[str]) -> str:
        make = TABLES.get(block["name"])
        if make is None:
            raise UnknownTable(f'There is no table "{block["name"]}"; there are {", ".join(TABLES)}.')
        return f"{block['name']}{block['open']}{make(root)}\n{block['close']}"

    return BLOCK.sub(fill, page)


def pages(root: Path) -> dict[str, str]:
    """Return the text of every page with generated parts as it should be, by its path in the checkout."""
    return {name: refreshed((root / name).read_text(), root) for name in PAGES}


def timetable(root: Path) -> str:
    """Every zone's row: when it runs, who answers, what comes in and what goes out."""
    rows = []
    for zone in load_zones(root / "dags" / "zones"):
        reads = [f"{read.zone}: {_codes(read.tables)}" for read in zone.reads]
        rows.append(
            (
                f"[{zone.zone}](zones/{zone.zone}/zone.yml)",
                when(zone.schedule),
                zone.owner,
                zone.steward,
                "<br>".join(f"`{source.table}` ({source.kind})" for source in zone.sources),
                _codes(zone.publishes),
                "<br>".join(reads),
                zone.channel,
            )
        )
    columns = ("zone", "runs (UTC)", "owner", "steward", "lands", "publishes", "reads", "channel")
    return _table(columns, rows)


def environments(root: Path) -> str:
    """Each value in which dev and prod differ."""
    rows = [tuple(f"`{cell}`" for cell in row) for row in differences(root)]
    return _table(("file", "value", "dev", "prod"), rows)


def when(schedule: str | None) -> str:
    """A schedule as people say it, where that is simple: `daily at 05:30`."""
    if schedule is None:
        return "by hand"
    daily = DAILY.fullmatch(schedule)
    return f"daily at {int(daily['hour']):02}:{int(daily['minute']):02}" if daily else f"`{schedule}`"


def _keys(model: type[BaseModel], without: Iterable[str] = ()) -> str:
    rows = [
        (f"`{name}`", _words(field.annotation), _default(field), field.description or "")
        for name, field in model.model_fields.items()
        if name not in without
    ]
    return _table(("key", "type", "default", "description"), rows)


def kinds(models: Mapping[str, type[BaseModel]], base: type[BaseModel], shown: str) -> str:
    """For each kind of the platform's own, what it adds to the keys that all have. `shown` is how it is chosen."""
    own = f"{base.__module__.partition('.')[0]}."
    parts = [
        f"**`{shown}: {name}`**: {' '.join((model.__doc__ or '').split())}\n\n{_keys(model, without=base.model_fields)}"
        for name, model in models.items()
        if model.__module__.startswith(own)
    ]
    return "\n\n".join(parts)


TABLES: Mapping[str, Callable[[Path], str]] = {
    "timetable": timetable,
    "zone": lambda _: _keys(Zone),
    "source": lambda _: _keys(Source),
    "kinds": lambda _: kinds(sources().right, Source, "kind"),
    "channels": lambda _: kinds(channels().right, Channel, "conn_type"),
    "resources": lambda _: _keys(Resources),
    "keep": lambda _: _keys(Keep),
    "reads": lambda _: _keys(Reads),
    "environments": lambda root: environments(root),
}


def _words(annotation: Any) -> str:
    """A type in the words of YAML's authors: text, mapping, a list of them, or null instead."""
    arguments = get_args(annotation)
    if get_origin(annotation) is list:
        return f"list of {_words(arguments[0])}s"
    if get_origin(annotation) is dict:
        return "mapping"
    if NoneType in arguments:
        return f"{_words(arguments[0])} or null"
    if arguments:  # a union of models, or a type with its constraints
        return _words(arguments[0])
    return "mapping" if isinstance(annotation, type) and issubclass(annotation, BaseModel) else "text"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if isinstance(value, BaseModel):
        return ", ".join(f"`{key}: {_plain(each)}`" for key, each in value.model_dump().items())
    if value is None:
        return "null"
    if isinstance(value, list):
        return f"`[{', '.join(repr(each) for each in value)}]`".replace("'", '"')
    return f"`{_plain(value)}`"


def _plain(value: Any) -> Any:
    return written(value) if isinstance(value, timedelta) else value


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)
