"""Run once in the process that dbt's pods are forked from, where a node keeps one (the embedded one does).

dbt compiles how its classes are read and written, and every macro, when a process first needs them, and reads the parse
that the image carries. That is most of what a pod of one small model costs, and the same in every pod, so the process
they are forked from does it. `dbt_results` says when a pod may have the parse. It connects to nothing and holds
no key.

Runs with dbt's own Python, beside the zones.json that the parses were baked with.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
from multiprocessing import resource_tracker
from pathlib import Path

from dbt.adapters.factory import reset_adapters
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt_common.clients.jinja import template_cache

IMAGE = Path(__file__).parent
OF_THE_IMAGE = ("DBT_PROJECT_DIR", "DBT_PROFILES_DIR", "DBT_PROFILE", "DBT_TARGET")
sys.path.insert(0, str(IMAGE / "bin"))
import dbt_results  # noqa: E402  # which pods find loaded, with the parses

del sys.path[0]


def main() -> None:
    before, folder = dict(os.environ), Path.cwd()
    of_the_image = {name: before[name] for name in OF_THE_IMAGE}
    os.chdir(before["DBT_PROJECT_DIR"])
    try:
        for zone, connection in json.loads((IMAGE / "zones.json").read_text()).items():
            file = f"target/{zone}/partial_parse.msgpack"
            os.environ |= connection | {
                "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": "not needed to parse", "DBT_PARTIAL_PARSE_FILE_PATH": file,
            }  # fmt: skip
            if manifest := _parse(zone):
                dbt_results.LOADED[file] = dbt_results.Loaded(of_the_image | connection, manifest)
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(before)
    gc.collect()
    gc.set_threshold(500_000, 20, 100)  # as bin/dbt does in a container
    resource_tracker._resource_tracker._stop()  # each pod has its own: none may reach into a process of all


def _parse(zone: str) -> Manifest | None:
    with tempfile.TemporaryDirectory() as target:
        loaded = dbtRunner().invoke(["--quiet", "parse", "--target-path", target, "--log-path", target])
    reset_adapters()
    if not loaded.success:
        print(f"dbt's pods of {zone} start without its parse loaded: {loaded.exception}", file=sys.stderr)
        return None
    for macro in loaded.result.macros.values():
        template_cache.get_node_template(macro)
    loaded.result._lock = None  # it would be one lock of all pods
    return loaded.result


if __name__ == "__main__":
    main()
