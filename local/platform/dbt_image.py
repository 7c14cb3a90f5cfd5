"""The image `assay/dbt` of the process backend: what images/dbt/Dockerfile ships, as a folder and a description.

Each state of the sources gets a folder of its own, baked where it will be used, because dbt keeps the paths of seeds in
its parse.
`image.json` names the folder and is written last, so a pod sees a whole image or the one before it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from assay.dbt_graph import slim_manifest
from local.emulators.common import files
from tools.runtime.layout import ROOT, Layout

ENVIRONMENT = "local"
THREADS = "2"
"""Of one pod. Each of dbt's threads logs in, which costs more than a small test here; pods run four at once anyway."""
REPOSITORY = Path("assay") / "dbt"
WARM = "warm.py"
IMAGE_SOURCES = ("profiles.yml", "bake.py", WARM, "requirements.lock")
PROGRAM = "bin"
"""The folder of the program `dbt` that pods run: dbt, which also tells what became of each node."""
NOT_SHIPPED = ("target", "logs", "__pycache__")

# All that a run imports, so that a warm fork imports nothing: the tasks, and what dbt loads when it first needs it.
PRELOADED = (
    "dbt.cli.main",
    "dbt.adapters.factory",
    "dbt.adapters.snowflake",
    "dbt.compilation",
    "dbt.graph.thread_pool",
    "dbt.parser.manifest",
    "dbt.parser.schema_yaml_readers",
    "dbt.parser.sql",
    "dbt.runners",
    "dbt.task.build",
    "dbt.task.printer",
    "dbt.task.run",
    "dbt.task.seed",
    "dbt.task.snapshot",
    "dbt.task.test",
    "dbt_common.clients.agate_helper",
    "cryptography.hazmat.backends.openssl.backend",
    "daff",
    "encodings.charmap",
    "multiprocessing.dummy",
    "opentelemetry.trace.propagation.tracecontext",
    "snowflake.connector",
    "sqlparse.cli",
)


class BakeError(files.StateError):
    """The dbt project does not parse; the sentence carries dbt's reason."""


def bake(
    state: Path, connections: Mapping[str, Mapping[str, str]], manifest: Path = ROOT / "dags" / "manifest.json"
) -> None:
    """Makes the image from the checkout's dbt project, and the manifest that the DAGs are built from.

    `connections` maps each zone to the SNOWFLAKE_* environment of its pods, without the key: one parse is baked for
    each, and a pod whose environment differs in any of them parses the project again. Nothing is baked when nothing
    changed. Raises BakeError.
    """
    if not connections:
        raise BakeError("No zone is readable, so there is nothing to bake the dbt image for: see `./assay zone check`.")
    of_all = {"ASSAY_ENV": ENVIRONMENT, "ASSAY_DBT_THREADS": THREADS}
    zones = {zone: {**of_all, **connections[zone]} for zone in sorted(connections)}
    images = state / "images" / REPOSITORY
    build = images / fingerprint(zones)
    previous = current(images)
    if previous != build:
        make(build, zones)
        files.write_json(images / "image.json", describe(build))
        remove_others(images, keep={build, previous})
    wanted = slim_manifest.text(json.loads(full_manifest(build, zones).read_bytes())).encode()
    if not manifest.exists() or manifest.read_bytes() != wanted:
        files.write(manifest, wanted, mode=0o644)


def full_manifest(build: Path, zones: Iterable[str]) -> Path:
    """The manifest as dbt wrote it, with everything a model says of itself. Any zone's is as good as another's."""
    return build / "project" / "target" / min(zones) / "manifest.json"


def fingerprint(zones: Mapping[str, Mapping[str, str]]) -> str:
    """Names one state of everything that goes into the image."""
    digest = hashlib.sha256(json.dumps(zones, sort_keys=True).encode())
    digest.update(str(Layout.here().envs).encode())
    for source in sources():
        digest.update(source.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()[:16]


def sources() -> Iterator[Path]:
    for folder, names, found in os.walk(ROOT / "dbt"):
        names[:] = sorted(set(names) - set(NOT_SHIPPED))
        yield from (Path(folder) / name for name in sorted(found))
    yield from (ROOT / "images" / "dbt" / name for name in IMAGE_SOURCES)
    yield from sorted(path for path in (ROOT / "images" / "dbt" / PROGRAM).iterdir() if path.is_file())


def current(images: Path) -> Path | None:
    description = files.read_json(images / "image.json")
    return Path(description["workdir"]).parent if description else None


def make(build: Path, zones: Mapping[str, Mapping[str, str]], project: Path | None = None) -> None:
    """Copies the sources to `build` and bakes them there; whatever a killed attempt left is replaced.

    The project is the checkout's own unless another is given.
    """
    shutil.rmtree(build, ignore_errors=True)
    shutil.copytree(project or ROOT / "dbt", build / "project", ignore=shutil.ignore_patterns(*NOT_SHIPPED))
    for name in IMAGE_SOURCES:
        shutil.copy2(ROOT / "images" / "dbt" / name, build / name)
    program = ROOT / "images" / "dbt" / PROGRAM
    shutil.copytree(program, build / PROGRAM, ignore=shutil.ignore_patterns(*NOT_SHIPPED))
    files.write_json(build / "zones.json", zones)
    command = [str(Layout.here().python("dbt")), str(build / "bake.py"), "--project", str(build / "project")]
    command += ["--profiles", str(build), "--zones", str(build / "zones.json")]
    baked = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    if baked.returncode:
        raise BakeError(f"The dbt image was not baked. {(baked.stderr.strip() or baked.stdout.strip())[-2000:]}")


def environment() -> dict[str, str]:
    """Ours without any DBT_ setting a developer's shell may have: a parse made with one does not fit the pods."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "SNOWFLAKE_"))}


def describe(build: Path) -> dict[str, object]:
    python = Layout.here().python("dbt")
    return {
        "path": [str(build / PROGRAM), str(python.parent)],
        "env": {
            "ASSAY_ENV": ENVIRONMENT,
            "ASSAY_DBT_THREADS": THREADS,
            "DBT_PROJECT_DIR": str(build / "project"),
            "DBT_PROFILES_DIR": str(build),
            "DBT_PROFILE": "assay",
            "DBT_TARGET": "zone",
            "DBT_TARGET_PATH": "{tmp}/target",
            "DBT_LOG_PATH": "{tmp}/logs",
            "DBT_LOG_LEVEL_FILE": "none",
            "DBT_POPULATE_CACHE": "false",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_USE_COLORS": "false",
            # A model that this image does not know was not built, and dbt would call that a success.
            "DBT_WARN_ERROR_OPTIONS": "{error: [NoNodesForSelectionCriteria]}",
            "DBT_WRITE_JSON": "false",
            "SNOWFLAKE_DISABLE_MINICORE": "true",  # a thread at the import, which a fork must not find at work
            "HOME": "{tmp}",
        },
        "workdir": str(build / "project"),
        "entrypoint": None,
        "preload": {
            "python": str(python),
            "modules": list(PRELOADED),
            "script": str(build / WARM),
            "commands": {"dbt": "dbt_results:main"},
        },
    }


def remove_others(images: Path, keep: set[Path | None]) -> None:
    """Pods that still run may use the previous build; older ones are unused."""
    for folder in images.iterdir():
        if folder.is_dir() and folder not in keep:
            shutil.rmtree(folder, ignore_errors=True)
