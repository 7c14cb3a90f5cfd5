"""One look at an account: how it differs from what should be there, and the statements that may have done it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.errors import ConfigurationError
from assay.permissions.account import read_account
from assay.permissions.authors import Statement, author, history
from assay.permissions.drift import Difference, differences
from assay.permissions.expected import Expected
from assay.permissions.rights import rights
from assay.permissions.spec import Spec, load
from assay.settings import Settings
from assay.warehouse import Warehouse, WarehouseError
from assay.zones import Zone
from assay.zones.reader import load_what_zones_read, load_zone, zone_folders

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Authors:
    """`problem` says why the history could not be read; differences are reported all the same."""

    statements: Sequence[Statement] = ()
    problem: str = ""

    def line(self, difference: Difference) -> str:
        return f"{difference.about}; {author(difference, self.statements)}"


def spec_of(settings: Settings, file: Path | None = None) -> Spec:
    """The environment's roles.yml. Raises ConfigurationError."""
    zones = [folder.name for folder in zone_folders(settings.dags_folder / "zones")]
    return load(file or settings.roles_file, zones, settings.environment)


def look(warehouse: Warehouse, settings: Settings, spec: Spec) -> list[Difference]:
    """Every difference that stands now. Raises WarehouseError, AccountTooLarge."""
    account = read_account(warehouse)
    given = rights(_zones(settings.dags_folder / "zones"), settings.environment)
    administrators = settings.permissions.administrators
    expected = Expected(spec, given, account.snapshot, settings.environment, administrators)
    return differences(spec, expected, account)


def authors(warehouse: Warehouse) -> Authors:
    """Never raises: a difference is reported also where it is not known who made it."""
    try:
        return Authors(history(warehouse))
    except WarehouseError as error:
        log.warning("The query history could not be read: %s", error)
        return Authors(problem=f"The query history could not be read: {error}")


def _zones(folder: Path) -> list[Zone]:
    """Every zone. Of one whose file is wrong only the name is known: it publishes what others ask of it."""
    asking = load_what_zones_read(folder)
    found = []
    for zone in zone_folders(folder):
        try:
            found.append(load_zone(zone))
        except ConfigurationError as error:
            log.warning("Zone %s is compared by its name alone: %s", zone.name, error)
            name = zone.name
            asked = {table for other in asking for read in other.reads if read.zone == name for table in read.tables}
            reads = next((list(other.reads) for other in asking if other.zone == name), [])
            found.append(Zone.model_construct(zone=name, publishes=sorted(asked), reads=reads))
    return found
