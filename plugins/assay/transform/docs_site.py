"""dbt's own documentation site of the whole project: every zone's models, tables and lineage in one file.

No role may look into every zone, so dbt reads the catalogue once per zone, as that zone's transformer, and what it
found is put together here. Runs the program `dbt`; needs no Airflow.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.dbt import Dbt, DbtError

Json = dict[str, Any]
LINES_SHOWN = 12
PLACES = {"manifest": '"MANIFEST.JSON INLINE DATA"', "catalog": '"CATALOG.JSON INLINE DATA"'}
"""Where dbt's page takes its data from, as `dbt docs generate --static` fills it (dbt/task/docs/generate.py)."""


def make(dbt: Dbt, project: Path, connections: Mapping[str, Callable[[], Mapping[str, str]]]) -> tuple[str, Json]:
    """The site as one HTML page, and its catalogue.

    `connections` gives each zone's pods' environment (SNOWFLAKE_*, and the key), asked for when the zone's turn comes.
    Raises DbtError, ConfigurationError, and whatever asking raises.
    """
    if not connections:
        raise DbtError("There is no zone, so there is nothing to document.")
    catalogs = []
    with tempfile.TemporaryDirectory(prefix="assay-docs-") as name:
        folder = Path(name)

        def run(zone: str, login: Mapping[str, str], *command: str) -> None:
            done = dbt.start(command, project, folder, login, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode:
                said = "\n".join(done.stdout.strip().splitlines()[-LINES_SHOWN:])
                raise DbtError(f"dbt {' '.join(command)} failed for the zone {zone}:\n{said}")

        for zone, connection in sorted(connections.items()):
            login = connection()
            # A parse of its own: only in docs is gold the live release, and not the candidate.
            run(zone, login, "--no-partial-parse", "docs", "generate", "--no-compile")
            catalogs.append(_read(folder, "catalog"))
        # Without compiling, dbt keeps the manifest to itself. This writes the one that it has just parsed.
        run(zone, login, "parse")
        catalog = merged(catalogs)
        return page((folder / "index.html").read_text(), _read(folder, "manifest"), catalog), catalog


def _read(folder: Path, kind: str) -> Json:
    content: Json = json.loads((folder / f"{kind}.json").read_text())
    return content


def merged(catalogs: Sequence[Json]) -> Json:
    """One catalogue of all: a table is described by the zone that owns it, whichever zone names it as a source."""
    whole = dict(catalogs[0])
    for kind in ("nodes", "sources"):
        whole[kind] = {key: table for catalog in catalogs for key, table in catalog[kind].items()}
    return whole


def page(template: str, manifest: Json, catalog: Json) -> str:
    """dbt's page with its data inside, so that it is one file which any web server or browser can show."""
    for kind, content in (("manifest", manifest), ("catalog", catalog)):
        if template.count(PLACES[kind]) != 1:
            raise DbtError(f"dbt's page has no place for the {kind}: this version of dbt makes another page.")
        # `</script>` in a description would otherwise end the page's script.
        template = template.replace(PLACES[kind], json.dumps(content).replace("</", "<\\/"))
    return template
