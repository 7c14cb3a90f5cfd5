"""Reads zone files, and says what is wrong with one in a sentence."""

import logging
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from assay.errors import ConfigurationError
from assay.zones.readers import Asking
from assay.zones.zone import Name, Reads, Zone

log = logging.getLogger(__name__)


def load_zone(folder: Path) -> Zone:
    """The zone whose folder is `dags/zones/<zone>`.

    Raises ConfigurationError with one line for each thing that is wrong in `zone.yml`.
    """
    path = folder / "zone.yml"
    shown = f"zones/{folder.name}/zone.yml"
    try:
        content = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise ConfigurationError(f"{shown}: there is no such file; every zone has one") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{shown}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{shown}: must be a mapping that starts with `zone: {folder.name}`")
    try:
        zone = Zone.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError("\n".join(f"{shown}: {line}" for line in _sentences(error))) from error
    if zone.zone != folder.name:
        raise ConfigurationError(
            f'{shown}: zone "{zone.zone}" lives in a folder called "{folder.name}"; they must agree'
        )
    for index, source in enumerate(zone.sources):
        contract = folder / "contracts" / f"{source.table}.odcs.yaml"
        if not contract.is_file():
            raise ConfigurationError(
                f'{shown}: sources[{index}].table "{source.table}" has no contract; write contracts/{contract.name}'
            )
        if source.kind == "sql_job" and not (folder / "jobs" / f"{source.job}.sql").is_file():
            raise ConfigurationError(
                f'{shown}: sources[{index}].job "{source.job}" has no query; write jobs/{source.job}.sql'
            )
    return zone


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
            asking = _WhatItReads.model_validate(yaml.safe_load(path.read_text()))
        except (yaml.YAMLError, ValidationError) as error:
            log.warning("What zone %s reads is not known: %s", path.parent.name, " ".join(str(error).split()))
            continue
        if asking.zone == path.parent.name:
            found.append(asking)
    return found


class _WhatItReads(BaseModel):
    """The two keys of a zone file that other zones' releases go by."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    zone: Name
    reads: list[Reads] = []


def _sentences(error: ValidationError) -> list[str]:
    found = []
    for problem in error.errors():
        kinds = {"airbyte", "files", "sql_job", "container"}
        key = ""
        for part in problem["loc"]:
            if isinstance(part, int):
                key += f"[{part}]"
            elif part not in kinds:
                key += f".{part}" if key else str(part)
        message = {
            "missing": "is missing; add it",
            "extra_forbidden": "is not a key of a zone file; remove it or mend its spelling",
        }.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        found.append(f"{key} {message}".strip())
    return found
