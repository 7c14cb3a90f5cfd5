"""dbt's manifest, read once per process, and a zone's graph, made once, however many tasks and groups ask for them."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from assay.errors import ConfigurationError
from assay.settings import Settings
from assay.transform.graph import Graph, graph


def graph_of(zone: str, settings: Settings) -> Graph:
    """The zone's graph, from the manifest beside the DAGs.

    Raises ConfigurationError if the manifest is missing or another project's, and for whatever `graph` raises.
    """
    path = settings.manifest
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path.name}: there is no such file beside the DAGs; make it with `dbt parse`"
        ) from None
    return _graph(path, changed, settings.dbt.dbt_project_name, zone)


@lru_cache(maxsize=8)
def _graph(path: Path, changed: int, project: str, zone: str) -> Graph:
    manifest = _read(path, changed)
    if (found := manifest["metadata"]["project_name"]) != project:
        raise ConfigurationError(
            f'{path.name}: is of the dbt project "{found}", and config/base/dbt.yml names "{project}"'
        )
    return graph(manifest, zone)


@lru_cache(maxsize=1)
def _read(path: Path, changed: int) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except ValueError as error:
        raise ConfigurationError(f"{path.name}: is no JSON ({error}); make it again with `dbt parse`") from error
    return content
