"""dbt's manifest, read once per process, and a zone's graph, made once, however many tasks and groups ask for them."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from assay.dbt_graph.graph import LAYERS, Graph, graph
from assay.dbt_graph.nodes import is_enabled
from assay.errors import ConfigurationError
from assay.settings import Settings
from assay.zones import Zone

REMEDY = "make it with `dbt parse` and `./assay dbt manifest`"


def graph_of(zone: Zone, settings: Settings) -> Graph:
    """The zone's graph, from the manifest beside the DAGs, with its layers as coarse as the zone's file says.

    Raises ConfigurationError if the manifest is missing or another project's, for a gold model without an enforced
    contract, and for whatever `graph` raises.
    """
    path = settings.manifest
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        raise ConfigurationError(f"{path.name}: there is no such file beside the DAGs; {REMEDY}") from None
    return _graph(path, changed, settings.dbt.dbt_project_name, zone.zone, zone.whole_layers)


def read_manifest(path: Path, project: str) -> dict[str, Any]:
    """Raises ConfigurationError if the file is no manifest, or another project's."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: there is no such file; make it with `dbt parse`") from None
    except ValueError as error:
        raise ConfigurationError(f"{path.name}: is no JSON ({error}); {REMEDY}") from error
    try:
        found = content["metadata"]["project_name"]
    except (KeyError, TypeError):
        raise ConfigurationError(f"{path.name}: is no manifest of dbt; {REMEDY}") from None
    if found != project:
        raise ConfigurationError(
            f'{path.name}: is of the dbt project "{found}", and config/base/dbt.yml names "{project}"'
        )
    manifest: dict[str, Any] = content
    return manifest


def check_contracts(manifest: Mapping[str, Any], zone: str) -> None:
    """Raise ConfigurationError for each gold model of the zone whose contract dbt does not enforce: names and types of
    what is published are declared."""
    found = []
    for node in manifest["nodes"].values():
        folders = str(node["original_file_path"]).split("/")[1:3]
        if node["resource_type"] == "model" and is_enabled(node) and folders == [zone, LAYERS[-1]]:
            contract = (node.get("config") or {}).get("contract") or {}
            if contract.get("enforced") is not True:
                found.append(
                    f"{node['original_file_path']}: the gold model {node['name']} has no enforced contract; write "
                    "config: {contract: {enforced: true}} and a data_type for each column in its YAML"
                )
    if found:
        raise ConfigurationError("\n".join(found))


@lru_cache(maxsize=8)
def _graph(path: Path, changed: int, project: str, zone: str, whole: frozenset[str]) -> Graph:
    manifest = _read(path, changed, project)
    check_contracts(manifest, zone)
    return graph(manifest, zone, whole=whole)


@lru_cache(maxsize=1)
def _read(path: Path, changed: int, project: str) -> dict[str, Any]:
    return read_manifest(path, project)
