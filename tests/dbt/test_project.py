"""Rules of the dbt project that its manifest shows without a warehouse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from jinja2 import Environment, FileSystemLoader

from assay.zones import load_zone

from .conftest import ZONES

Node = dict[str, Any]
LAYERS = {"bronze": "BRONZE", "silver": "SILVER", "gold": "GOLD_NEXT"}


def built(manifest: dict[str, Any]) -> list[Node]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed", "snapshot")]


def data_tests(manifest: dict[str, Any]) -> list[Node]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]


def place(node: Node) -> tuple[str, str]:
    """Zone and layer by the path, as the DAG factory reads them."""
    kind, zone, layer, *_ = node["original_file_path"].split("/")
    return zone, "bronze" if kind == "seeds" else layer


def test_every_node_and_column_is_described_and_every_node_has_an_owner(manifest: dict[str, Any]) -> None:
    for node in built(manifest):
        assert node["description"], node["name"]
        assert "@" in node["config"]["meta"].get("owner", ""), node["name"]
        assert node["columns"], node["name"]
        for column in node["columns"].values():
            assert column["description"], (node["name"], column["name"])


def test_groups_are_the_zones_and_have_owners(manifest: dict[str, Any]) -> None:
    assert {group["name"] for group in manifest["groups"].values()} == set(ZONES)
    assert all(group["owner"]["email"] for group in manifest["groups"].values())


def test_a_node_is_built_where_its_path_says(manifest: dict[str, Any]) -> None:
    for node in built(manifest):
        zone, layer = place(node)
        assert (node["database"], node["schema"]) == (f"LOCAL_{zone.upper()}", LAYERS[layer]), node["name"]
        assert node["config"]["group"] == zone, node["name"]


def test_failing_rows_are_kept_in_the_quarantine_of_the_tests_zone(manifest: dict[str, Any]) -> None:
    for node in data_tests(manifest):
        zone = node["original_file_path"].split("/")[1]
        assert (node["database"], node["schema"]) == (f"LOCAL_{zone.upper()}", "QUARANTINE"), node["name"]
        assert node["alias"].startswith("DBT_TEST__")
        assert node["config"]["store_failures"] is True


def test_every_model_is_private_to_its_zone(manifest: dict[str, Any]) -> None:
    assert {node["access"] for node in built(manifest) if node["resource_type"] == "model"} == {"private"}


def reads(manifest: dict[str, Any]) -> Iterator[tuple[Node, Node]]:
    known = manifest["nodes"] | manifest["sources"]
    for node in manifest["nodes"].values():
        for parent in node.get("depends_on", {}).get("nodes", []):
            yield node, known[parent]


def test_no_node_names_another_zones_node(manifest: dict[str, Any]) -> None:
    for node, parent in reads(manifest):
        if parent["resource_type"] != "source":
            assert node["original_file_path"].split("/")[1] == parent["original_file_path"].split("/")[1], node["name"]


def test_another_zone_is_read_only_from_what_it_publishes_in_its_live_release(manifest: dict[str, Any]) -> None:
    crossing = []
    for node, parent in reads(manifest):
        zone = node["original_file_path"].split("/")[1]
        if parent["resource_type"] == "source" and parent["database"] != f"LOCAL_{zone.upper()}":
            crossing.append(parent["name"])
            assert parent["schema"] == "GOLD", node["name"]
            assert zone in parent["meta"]["published_to"], node["name"]
    assert crossing, "the demo lives on one zone reading another"


def gold_models(manifest: dict[str, Any], zone: str) -> set[str]:
    return {node["name"] for node in built(manifest) if place(node) == (zone, "gold")}


def exposed(manifest: dict[str, Any]) -> Iterator[tuple[Node, Node]]:
    """Each exposure with each table that it reads."""
    for exposure in manifest["exposures"].values():
        for parent in exposure["depends_on"]["nodes"]:
            yield exposure, manifest["sources"][parent]


def test_exposures_read_the_live_release_of_their_zones_gold_models(manifest: dict[str, Any]) -> None:
    for exposure, table in exposed(manifest):
        zone = exposure["original_file_path"].split("/")[1]
        assert exposure["original_file_path"] == f"models/{zone}/exposures.yml"
        assert exposure["description"]
        assert exposure["owner"]["email"]
        assert (table["source_name"], table["schema"], table["database"]) == (zone, "GOLD", f"LOCAL_{zone.upper()}")
        assert table["name"] in gold_models(manifest, zone), exposure["name"]


@pytest.mark.parametrize("zone", ZONES)
def test_every_gold_model_has_a_reader(manifest: dict[str, Any], zone: str) -> None:
    assert {table["name"] for _, table in exposed(manifest) if table["source_name"] == zone} == gold_models(
        manifest, zone
    )


def test_every_zone_that_reads_another_is_an_exposure_of_it(manifest: dict[str, Any], root: Path) -> None:
    zones = [load_zone(root / "dags" / "zones" / name) for name in ZONES]
    read = {(zone.zone, each.zone, table) for zone in zones for each in zone.reads for table in each.tables}
    said = {
        (exposure["meta"]["zone"], table["source_name"], table["name"])
        for exposure, table in exposed(manifest)
        if "zone" in exposure["meta"]
    }
    assert said == read
    assert read, "the demo lives on one zone reading another"


def test_zones_have_the_same_defaults_in_the_project(root: Path) -> None:
    """What `dbt_project.yml` says of a zone is the same of each but for its name."""
    project = yaml.safe_load((root / "dbt" / "dbt_project.yml").read_text())
    zones = project["models"]["assay"]
    assert {name for name in zones if not name.startswith("+")} == set(ZONES)
    for kind in ("models", "seeds", "snapshots", "data_tests"):
        said = {name: dict(each) for name, each in project[kind]["assay"].items() if not name.startswith("+")}
        assert [name for name, each in said.items() if each.pop("+group") != name] == []
        assert len({repr(each) for each in said.values()}) == 1, (kind, said)


def test_no_node_reads_a_later_layer(manifest: dict[str, Any]) -> None:
    order = list(LAYERS)
    for node, parent in reads(manifest):
        if node["resource_type"] != "test" and parent["resource_type"] != "source":
            assert order.index(place(node)[1]) >= order.index(place(parent)[1]), node["name"]


def test_gold_holds_tables_only(manifest: dict[str, Any]) -> None:
    gold = [node for node in built(manifest) if place(node)[1] == "gold"]
    assert {node["config"]["materialized"] for node in gold} == {"table"}


@pytest.mark.parametrize("zone", ZONES)
def test_smoke_tests_cover_every_gold_model_and_carry_their_tag(manifest: dict[str, Any], zone: str) -> None:
    smoke = [node for node in data_tests(manifest) if node["original_file_path"].startswith(f"tests/{zone}/smoke/")]
    assert smoke
    assert all(node["tags"] == ["smoke"] for node in smoke)
    gold = {node["unique_id"] for node in built(manifest) if place(node) == (zone, "gold")}
    assert gold == {parent for node in smoke for parent in node["depends_on"]["nodes"]}


def test_there_are_tests_over_several_models(manifest: dict[str, Any]) -> None:
    several = {
        node["name"]
        for node in data_tests(manifest)
        if sum(parent.startswith(("model.", "snapshot.", "seed.")) for parent in node["depends_on"]["nodes"]) > 1
    }
    expected = {"gold_tables_count_the_same_legs", "fleets_operate_every_leg_that_departed", "days_sum_up_their_hours"}
    assert expected <= several


def test_no_node_is_named_like_a_folder(manifest: dict[str, Any]) -> None:
    """`dbt run --select flights` would run the whole folder `flights`, not the model of that name."""
    folders = {part for node in built(manifest) for part in node["original_file_path"].split("/")[:-1]}
    assert folders.isdisjoint(node["name"] for node in built(manifest))


POSITIONAL = re.compile(
    r"select\s+(?:distinct\s+)?(?:\w+\.)?\*(?:(?!\bselect\b).)*?\bunion\b(?!(?:\s+(?:all|distinct))?\s+by\s+name)"
    r"|\bunion\b(?!(?:\s+(?:all|distinct))?\s+by\s+name)(?:\s+(?:all|distinct))?[\s(]+select\s+(?:distinct\s+)?(?:\w+\.)?\*",
    re.IGNORECASE | re.DOTALL,
)
"""A union of which one side is a star, and that does not go by name."""
UNSAID = re.compile(r"\{#.*?#\}|/\*.*?\*/|--[^\n]*|'(?:[^']|'')*'", re.DOTALL)


def unions_of_stars(code: str) -> bool:
    return POSITIONAL.search(UNSAID.sub(" ", code)) is not None


def test_no_model_unites_stars_by_position(manifest: dict[str, Any]) -> None:
    assert [node["name"] for node in built(manifest) if unions_of_stars(node["raw_code"])] == []


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("select * from a union all select * from b", True),
        ("with c as (select a.* from a\nunion\nselect x, y from b) select * from c", True),
        ("select x, y from a UNION ALL (SELECT * FROM b)", True),
        ("select distinct * from {{ ref('a') }} where z > 1 union all select x from b", True),
        ("select x, count(*) from a group by x union all select y, count(*) from b group by y", False),
        ("select * from a union all by name select * from b", False),
        ("with a as (select * from t), u as (select x from a union all select x from b) select * from u", False),
        ("select x from a -- union all select * from b\n", False),
        ("{{ union_by_name([ref('a'), ref('b')]) }}", False),
    ],
)
def test_a_union_of_stars_is_found(code: str, refused: bool) -> None:
    assert unions_of_stars(code) is refused


class Refused(Exception):
    """What dbt raises when a macro refuses."""


def union_by_name(root: Path, relations: dict[str, list[str]], *, execute: bool = True) -> str:
    """The macro, over relations with these columns."""

    def refuse(sentence: str) -> None:
        raise Refused(sentence)

    environment = Environment(
        loader=FileSystemLoader(root / "dbt" / "macros" / "platform"), extensions=["jinja2.ext.do"]
    )
    environment.globals |= {
        "execute": execute,
        "model": SimpleNamespace(original_file_path="models/z/silver/all.sql"),
        "exceptions": SimpleNamespace(raise_compiler_error=refuse),
        "adapter": SimpleNamespace(
            get_columns_in_relation=lambda relation: [SimpleNamespace(name=name) for name in relations[relation]]
        ),
    }
    columns: Any = environment.get_template("union_columns.sql").module
    environment.globals["union_columns"] = columns.union_columns
    macros: Any = environment.get_template("union_by_name.sql").module
    return " ".join(macros.union_by_name(list(relations)).split())


def test_a_union_names_its_columns(root: Path) -> None:
    united = union_by_name(root, {"one": ["ID", "NAME"], "other": ["NAME", "ID"]})
    assert united == "select id, name from one union all select id, name from other"
    parsed = union_by_name(root, {"one": [], "other": []}, execute=False)
    assert parsed == "select * from one union all select * from other", "nothing is asked while dbt parses"


def test_relations_whose_columns_differ_are_not_united(root: Path) -> None:
    with pytest.raises(Refused, match=r"^models/z/silver/all.sql: other and one do not .* only one of them has a, c\."):
        union_by_name(root, {"one": ["A", "B"], "other": ["B", "C"]})
