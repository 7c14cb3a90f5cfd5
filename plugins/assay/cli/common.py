"""What every command needs: where it writes, how it fails, and which environment it speaks to."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from assay.errors import AssayError, ConfigurationError
from assay.zones import zone_folders

ROOT = Path(__file__).resolve().parents[3]
DAGS = ROOT / "dags"
ZONES = DAGS / "zones"
WIDE = 200  # where no terminal says how wide it is, as in a file or a pipe

UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Characters that a terminal obeys, and that turn the direction of text."""


class PlainConsole(Console):
    """Prints text as text, in sentences and in tables: `[bold]` and `:boom:` stay, what a terminal would obey does not.

    Names, reasons and messages come from files, people and data.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, soft_wrap=True, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(UNSEEN.sub("\ufffd", text), **options)


out = PlainConsole(width=None if sys.stdout.isatty() else WIDE)
err = PlainConsole(stderr=True)


@dataclass(frozen=True)
class Surroundings:
    """What a checkout's `assay` command knows and these commands ask for: the object of their context.

    `login`: the variables of a client of the platform on this machine; raises an error if it was never started.
    `pip_settings`: pip's own options here, such as the index.
    """

    login: Callable[[], Mapping[str, str]]
    pip_settings: Callable[[], Mapping[str, str]]


DbtProgram = Annotated[Path, typer.Option("--dbt", envvar="ASSAY_DBT", help="The dbt to run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
ZoneName = Annotated[str, typer.Argument(help="The zone, such as flights.", metavar="ZONE")]
ZoneNameOrAll = Annotated[str | None, typer.Argument(help="The zone; all of them by default.", metavar="[ZONE]")]


def environment() -> str:
    """The environment that ASSAY_ENV names."""
    return os.environ.get("ASSAY_ENV", "local")


def zone_names(name: str | None) -> list[str]:
    """The one zone that was asked for, or all there are."""
    return [name] if name else [folder.name for folder in zone_folders(ZONES)]


def check_is_zone(name: str) -> None:
    """Raises ConfigurationError, with the zones there are, when this is none of them."""
    if not (ZONES / name / "zone.yml").is_file():
        raise ConfigurationError(f'There is no zone "{name}"; there are {", ".join(zone_names(None))}.')


@contextmanager
def sentences() -> Iterator[None]:
    """What goes wrong on purpose ends the command with its sentence and 1."""
    try:
        yield
    except AssayError as error:
        err.print(str(error), markup=False)
        raise typer.Exit(1) from error
