"""dbt's documentation site: every zone's tables, each read by that zone's own role."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from assay.dbt import Dbt, DbtError
from assay.errors import ConfigurationError
from assay.transform import docs_site

from .conftest import ZONES, Pod, Warehouse, connection_environment
from .test_modelling import WEATHER


@pytest.fixture(scope="module")
def dbt(root: Path) -> Dbt:
    return Dbt(root / ".assay/envs/dbt/bin/dbt", root / "images" / "dbt", "local")


def login(warehouse: Warehouse, zone: str) -> dict[str, str]:
    """What the pods of the zone are given."""
    user = f"LOCAL_{zone.upper()}_TRANSFORMER"
    key = warehouse.logins["service_users"][user]["private_key"]
    return connection_environment(zone, warehouse.port) | {"DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": key}


def test_the_site_shows_every_zone_as_its_readers_see_it(pod: Pod, warehouse: Warehouse, dbt: Dbt, root: Path) -> None:
    warehouse.cut_candidate("weather")
    built = pod("weather", "build", "--exclude", "tag:smoke", "--select", *WEATHER)
    assert built.code == 0, built.output
    warehouse.publish("weather")
    html, catalog = docs_site.make(dbt, root / "dbt", {zone: partial(login, warehouse, zone) for zone in ZONES})

    gold = catalog["nodes"]["model.assay.hourly_weather"]
    assert (gold["metadata"]["database"], gold["metadata"]["schema"]) == ("LOCAL_WEATHER", "GOLD")
    assert gold["metadata"]["owner"]
    assert gold["stats"]["row_count"]["value"] > 0
    assert len(gold["columns"]) > 5
    sources = {table["metadata"]["name"]: table["metadata"]["database"] for table in catalog["sources"].values()}
    assert sources["SRC_FLIGHTS"] == "LOCAL_FLIGHTS"
    assert sources["HOURLY_WEATHER"] == "LOCAL_WEATHER", "what flights reads of weather"
    tests = {name for name in catalog["nodes"] if name.startswith("test.")}  # the rows that they have kept
    schemas = {name: table["metadata"]["schema"] for name, table in catalog["nodes"].items()}
    assert {schemas[name] for name in schemas.keys() - tests} == {"BRONZE", "SILVER", "GOLD"}
    assert {schemas[name] for name in tests} <= {"QUARANTINE"}

    data = inside(html)
    assert data["catalog"]["nodes"] == json.loads(json.dumps(catalog["nodes"]))
    manifest = data["manifest"]
    assert {group["name"] for group in manifest["groups"].values()} == set(ZONES)
    assert "model.assay.delay_by_weather" in manifest["child_map"]["source.assay.weather.hourly_weather"]


def inside(html: str) -> dict[str, Any]:
    """The data that the page's script finds in itself."""
    decoder = json.JSONDecoder()
    start = '{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/'
    return {kind: decoder.raw_decode(html, html.index(start + kind))[0] for kind in ("manifest", "catalog")}


def test_a_login_that_is_refused_is_said_in_the_warehouses_words(warehouse: Warehouse, dbt: Dbt, root: Path) -> None:
    wrong = login(warehouse, "weather") | {"SNOWFLAKE_USER": "NO_LOGIN"}
    with pytest.raises(DbtError, match=r"failed for the zone weather:\n(.|\n)*JWT token is invalid"):
        docs_site.make(dbt, root / "dbt", {"weather": lambda: wrong})


def test_a_dbt_that_is_not_there_is_a_sentence(root: Path) -> None:
    absent = Dbt(Path("/nowhere/dbt"), root / "images" / "dbt", "local")
    with pytest.raises(ConfigurationError, match=r"/nowhere/dbt .*: say with --dbt where dbt is"):
        docs_site.make(absent, root / "dbt", {"weather": dict})


def test_a_description_cannot_end_the_pages_script() -> None:
    template = 'n = {manifest: "MANIFEST.JSON INLINE DATA", catalog: "CATALOG.JSON INLINE DATA"}</script>'
    html = docs_site.page(template, {"description": "</script><b>"}, {})
    assert html.count("</script>") == 1
    assert json.loads(html[html.index('{"desc') : html.index(", catalog")]) == {"description": "</script><b>"}
    with pytest.raises(DbtError, match="has no place for the manifest"):
        docs_site.page("<html>", {}, {})
