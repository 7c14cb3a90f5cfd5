"""Reads zone files, and says what is wrong with one in a sentence."""

import logging
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from assay import strict_yaml
from assay.declared import validated
from assay.errors import ConfigurationError
from assay.zones.allowed import Name
from assay.zones.readers import Asking
from assay.zones.zone import Reads, Zone

log = logging.getLogger(__name__)


def load_zone(folder: Path) -> Zone:
    """The zone whose folder is `dags/zones/<zone>`.

    Raises ConfigurationError with one line for each thing that is wrong in `zone.yml`.
    """
    path = folder / "zone.yml"
    shown = f"zones/{folder.name}/zone.yml"
    try:
        document = strict_yaml.mapping(path, shown, f"must be a mapping that starts with `zone: {folder.name}`")
    except FileNotFoundError:
        raise ConfigurationError(f"{shown}: there is no such file; every zone has one") from None
    zone = validated(Zone, document)
    if zone.zone != folder.name:
        raise ConfigurationError(
            document.located(f'zone "{zone.zone}" lives in a folder called "{folder.name}"; they must agree')
        )
    for index, source in enumerate(zone.sources):
        contract = folder / "contracts" / f"{source.table}.odcs.yaml"
        if not contract.is_file():
            raise ConfigurationError(
                document.located(
                    f'sources[{index}].table "{source.table}" has no contract; write contracts/{contract.name}'
                )
            )
        if source.kind == "sql_job" and not (folder / "jobs" / f"{source.job}.sql").is_file():
            raise ConfigurationError(
                document.located(f'sources[{index}].job "{source.job}" has no query; write jobs/{source.job}.sql')
            )
    return zone


def document_of(folder: Path) -> strict_yaml.Document:
    """A zone's file with its lines. It has been loaded before: what is wrong with it is not said again."""
    return strict_yaml.load(folder / "zone.yml", f"zones/{folder.name}/zone.yml")


def load_zones(folder: Path) -> list[Zone]:
    """Every zone below `dags/zones`, by name. Raises ConfigurationError for the first that is wrong."""
    return [load_zone(path.parent) for path in sorted(folder.glob("*/zone.yml"))]


def load_what_zones_read(folder: Path) -> list[Asking]:
    """What every zone below `dags/zones` reads of the others, by name.

    One zone's mistake must not stop another's run, nor cost the one what it may read: of a wrong file this part counts
    as long as it can be read.
    """
    found: list[Asking] = []
    for path in sorted(folder.glob("*/zone.yml")):
        try:
            document = strict_yaml.parse(path.read_bytes(), f"zones/{path.parent.name}/zone.yml")
            if not document.content:
                document.check()
            asking = validated(_WhatItReads, document)
        except ConfigurationError as error:
            log.warning("What zone %s reads is not known: %s", path.parent.name, error)
            continue
        if asking.zone == path.parent.name:
            found.append(asking)
    return found


class _WhatItReads(BaseModel):
    """The two keys of a zone file that other zones' releases go by."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    zone: Name
    reads: list[Reads] = []
