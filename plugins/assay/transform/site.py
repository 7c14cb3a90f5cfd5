"""dbt's own documentation site of the whole project: every zone's models, tables and lineage in one file.

No role may look into every zone, so dbt reads the catalogue once per zone, as that zone's transformer, and what it
found is put together here. Runs the program `dbt`; needs no Airflow.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.errors import AssayError

Json = dict[str, Any]
LINES_SHOWN = 12
PLACES = {"manifest": '"MANIFEST.JSON INLINE DATA"', "catalog": '"CATALOG.JSON INLINE DATA"'}
"""Where dbt's page takes its data from, as `dbt docs generate --static` fills it (dbt/task/docs/generate.py)."""


class DocsNotMade(AssayError):
    """dbt could not read the project or a zone's catalogue. The text ends with what it said."""


@dataclass(frozen=True)
class Dbt:
    """Where dbt is and what it reads: the program, the project's folder, and the folder of profiles.yml."""

    program: Path
    project: Path
    profiles: Path


def make(dbt: Dbt, connections: Mapping[str, Callable[[], Mapping[str, str]]], environment: str) -> tuple[str, Json]:
    """The site as one HTML page, and its catalogue.

    `connections` gives each zone's pods' environment (SNOWFLAKE_*, and the key), asked for when the zone's turn comes.
    Raises DocsNotMade, and whatever asking raises.
    """
    if not connections:
        raise DocsNotMade("There is no zone, so there is nothing to document.")
    catalogs = []
    with tempfile.TemporaryDirectory(prefix="assay-docs-") as name:
        folder = Path(name)
        for zone, connection in sorted(connections.items()):
            own = _environment(dbt, folder) | {"ASSAY_ENV": environment} | dict(connection())
            # A parse of its own: only in docs is gold the live release, and not the candidate.
            _run(dbt, zone, own, "--no-partial-parse", "docs", "generate", "--no-compile")
            catalogs.append(_read(folder, "catalog"))
        # Without compiling, dbt keeps the manifest to itself. This writes the one that it has just parsed.
        _run(dbt, zone, own, "parse")
        catalog = merged(catalogs)
        return page((folder / "index.html").read_text(), _read(folder, "manifest"), catalog), catalog


def _run(dbt: Dbt, zone: str, environment: Mapping[str, str], *arguments: str) -> None:
    try:
        done = subprocess.run(
            [str(dbt.program), *arguments],
            cwd=dbt.project,
            env=dict(environment),
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise DocsNotMade(
            f"dbt cannot be started as {dbt.program} ({error.strerror}); say with --dbt where dbt is."
        ) from error
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-LINES_SHOWN:])
        raise DocsNotMade(f"dbt {' '.join(arguments)} failed for the zone {zone}:\n{said}")


def _read(folder: Path, kind: str) -> Json:
    content: Json = json.loads((folder / f"{kind}.json").read_text())
    return content


def merged(catalogs: Sequence[Json]) -> Json:
    """One catalogue of all: a table is described by the zone that owns it, whoever else names it as a source."""
    whole = dict(catalogs[0])
    for kind in ("nodes", "sources"):
        whole[kind] = {key: table for catalog in catalogs for key, table in catalog[kind].items()}
    return whole


def page(template: str, manifest: Json, catalog: Json) -> str:
    """dbt's page with its data inside, so that it is one file which any web server or browser can show."""
    for kind, content in (("manifest", manifest), ("catalog", catalog)):
        if template.count(PLACES[kind]) != 1:
            raise DocsNotMade(f"dbt's page has no place for the {kind}: this version of dbt makes another page.")
        # `</script>` in a description would otherwise end the page's script.
        template = template.replace(PLACES[kind], json.dumps(content).replace("</", "<\\/"))
    return template


def _environment(dbt: Dbt, folder: Path) -> dict[str, str]:
    """Ours without what a shell may say to dbt or Snowflake, so that the site is the same wherever it is made."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "SNOWFLAKE_"))}
    return own | {
        "DBT_PROJECT_DIR": str(dbt.project),
        "DBT_PROFILES_DIR": str(dbt.profiles),
        "DBT_PROFILE": "assay",
        "DBT_TARGET": "zone",
        "DBT_TARGET_PATH": str(folder),
        "DBT_LOG_PATH": str(folder),
        "DBT_LOG_LEVEL_FILE": "none",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_USE_COLORS": "false",
    }
