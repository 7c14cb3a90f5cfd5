"""A zone file is read whole or refused with sentences that name the file, the key and the way out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.errors import ConfigurationError
from assay.zones import load_zone, load_zones
from assay.zones.reader import load_what_zones_read

ROOT = Path(__file__).resolve().parents[4]
ZONES = sorted(path.parent for path in (ROOT / "dags" / "zones").glob("*/zone.yml"))


@pytest.fixture
def flights(tmp_path: Path) -> Path:
    """A copy of the flights zone that a test may break."""
    return Path(shutil.copytree(ROOT / "dags" / "zones" / "flights", tmp_path / "flights"))


def edit(folder: Path, change: dict[str, Any], drop: str | None = None) -> None:
    path = folder / "zone.yml"
    content = yaml.safe_load(path.read_text()) | change
    content.pop(drop, None)
    path.write_text(yaml.safe_dump(content))


@pytest.mark.parametrize("folder", ZONES, ids=lambda path: path.name)
def test_every_zone_of_this_repository_is_right(folder: Path) -> None:
    assert load_zone(folder).zone == folder.name


def test_all_zones_are_found() -> None:
    assert [zone.zone for zone in load_zones(ROOT / "dags" / "zones")] == [folder.name for folder in ZONES]


def test_an_unknown_key_is_refused_by_name(flights: Path) -> None:
    edit(flights, {"scedule": "@daily"})
    with pytest.raises(ConfigurationError, match=r"^zones/flights/zone\.yml:\d+: scedule is not a key that is known"):
        load_zone(flights)


def test_a_layers_granularity_is_one_of_two_and_of_a_layer_that_is_there(flights: Path) -> None:
    text = (flights / "zone.yml").read_text()
    (flights / "zone.yml").write_text(text + "granularity: {bronze: layer, gold: model}\n")
    assert load_zone(flights).whole_layers == {"bronze"}
    (flights / "zone.yml").write_text(text + "granularity: {bronze: pod, iron: model}\n")
    with pytest.raises(ConfigurationError) as error:
        load_zone(flights)
    assert "zones/flights/zone.yml:33: granularity.bronze must be 'model' or 'layer', and is \"pod\"" in str(
        error.value
    )
    assert "granularity.iron" in str(error.value)


def test_a_missing_key_is_named(flights: Path) -> None:
    edit(flights, {}, drop="owner")
    with pytest.raises(ConfigurationError, match=r"zones/flights/zone\.yml:1: owner is missing; add it"):
        load_zone(flights)


def test_a_wrong_key_inside_a_list_is_found_by_its_position(flights: Path) -> None:
    sources = yaml.safe_load((flights / "zone.yml").read_text())["sources"]
    sources[1]["jbo"] = sources[1].pop("job")
    edit(flights, {"sources": sources})
    with pytest.raises(ConfigurationError) as refused:
        load_zone(flights)
    assert "sources[1].job is missing" in str(refused.value)
    assert "sources[1].jbo is not a key" in str(refused.value)


def test_two_sources_may_not_fill_one_table(flights: Path) -> None:
    sources = yaml.safe_load((flights / "zone.yml").read_text())["sources"]
    edit(flights, {"sources": [sources[0], {**sources[1], "table": sources[0]["table"]}]})
    with pytest.raises(ConfigurationError, match=r'sources\[1\]\.table "flights" is used twice'):
        load_zone(flights)


def test_a_table_without_a_contract_is_refused(flights: Path) -> None:
    (flights / "contracts" / "planes.odcs.yaml").unlink()
    with pytest.raises(ConfigurationError, match=r'sources\[2\]\.table "planes" has no contract'):
        load_zone(flights)


def test_a_job_without_a_query_is_refused(flights: Path) -> None:
    (flights / "jobs" / "airports.sql").unlink()
    with pytest.raises(ConfigurationError, match=r'sources\[1\]\.job "airports" has no file; write jobs/airports\.sql'):
        load_zone(flights)


def test_a_folder_and_its_zone_agree(flights: Path) -> None:
    edit(flights, {"zone": "trains"})
    with pytest.raises(ConfigurationError, match='zone "trains" lives in a folder called "flights"'):
        load_zone(flights)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("zone: [", "not valid YAML"),
        ("", "must be a mapping"),
        ("- flights", "must be a mapping"),
    ],
)
def test_what_is_no_zone_at_all_is_said_so(flights: Path, content: str, sentence: str) -> None:
    (flights / "zone.yml").write_text(content)
    with pytest.raises(ConfigurationError, match=sentence):
        load_zone(flights)


def test_a_zone_whose_file_is_wrong_elsewhere_keeps_what_it_reads(tmp_path: Path) -> None:
    """Another zone may publish meanwhile, and opens its release for those that read it."""
    for zone in ("flights", "weather"):
        (tmp_path / zone).mkdir()
        shutil.copy(ROOT / "dags" / "zones" / zone / "zone.yml", tmp_path / zone)
    path = tmp_path / "flights" / "zone.yml"
    path.write_text(path.read_text().replace("owner:", "ownr:"))
    flights, weather = load_what_zones_read(tmp_path)
    assert [(read.zone, read.tables) for read in flights.reads] == [("weather", ["hourly_weather"])]
    assert (weather.zone, list(weather.reads)) == ("weather", [])
    path.write_text("zone: [flights")
    assert [zone.zone for zone in load_what_zones_read(tmp_path)] == ["weather"]
