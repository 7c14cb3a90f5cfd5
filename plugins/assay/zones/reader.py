"""Reads zone files, and says what is wrong with one in a sentence."""

import logging
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from assay import strict_yaml
from assay.declared import validated
from assay.errors import ConfigurationError
from assay.zones.allowed import Name, TableName
from assay.zones.kinds import sources
from assay.zones.names import ZoneNames
from assay.zones.readers import GoldReaders, OfRelease, gold_readers
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
    if wrong := list(_of_wrong_kinds(document)):
        raise ConfigurationError("\n".join(wrong))
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
        for key, file in source.zone_files().items():
            if not (folder / file).is_file():
                value = getattr(source, key)
                raise ConfigurationError(
                    document.located(f'sources[{index}].{key} "{value}" has no file; write {file}')
                )
    return zone


def _of_wrong_kinds(document: strict_yaml.Document) -> Iterator[str]:
    """A sentence for each source whose kind has a folder with which something is wrong."""
    found = document.content.get("sources")
    for index, source in enumerate(found if isinstance(found, list) else []):
        kind = source.get("kind") if isinstance(source, dict) else None
        if isinstance(kind, str) and kind not in sources().right and (wrong := sources().wrong.get(kind)):
            yield document.about(["sources", index, "kind"], f'"{kind}" cannot be used: {wrong}')


def document_of(folder: Path) -> strict_yaml.Document:
    """A zone's file with its lines. It has been loaded before: what is wrong with it is not said again."""
    return strict_yaml.load(folder / "zone.yml", f"zones/{folder.name}/zone.yml")


def zone_folders(folder: Path) -> list[Path]:
    """Return the folders of all zones below `dags/zones`, by name."""
    return sorted(path.parent for path in folder.glob("*/zone.yml"))


def load_zones(folder: Path) -> list[Zone]:
    """Every zone below `dags/zones`, by name. Raises ConfigurationError for the first that is wrong."""
    return [load_zone(each) for each in zone_folders(folder)]


def readers_today(folder: Path, names: ZoneNames) -> GoldReaders:
    """Who may read a zone's live gold, by the files below `dags/zones` as they are now.

    A zone whose own file cannot be read publishes nothing to others until it can be.
    """
    zones = load_what_zones_read(folder)
    own = next((zone for zone in zones if zone.zone == names.zone), _OfRelease(zone=names.zone))
    return gold_readers(own, names.environment, zones)


def load_what_zones_read(folder: Path) -> list[OfRelease]:
    """What every zone below `dags/zones` reads of the others and publishes to them, by name.

    One zone's mistake must not stop another's run, nor cost the one what it may read: of a wrong file this part counts
    as long as it can be read.
    """
    found: list[OfRelease] = []
    for zone in zone_folders(folder):
        try:
            document = strict_yaml.parse((zone / "zone.yml").read_bytes(), f"zones/{zone.name}/zone.yml")
            if not document.content:
                document.check()
            asking = validated(_OfRelease, document)
        except ConfigurationError as error:
            log.warning("What zone %s reads is not known: %s", zone.name, error)
            continue
        if asking.zone == zone.name:
            found.append(asking)
    return found


class _OfRelease(BaseModel):
    """The keys of a zone file that releases go by, its own and other zones'."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    zone: Name
    reads: list[Reads] = []
    publishes: list[TableName] = []
