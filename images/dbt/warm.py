"""Run once in the process that dbt's pods are forked from, where a node keeps one (local/kubernetes does).

dbt compiles how its classes are read and written, and every macro, when a process first needs them. That is two thirds
of what a pod of one small model costs, and the same in every pod, so the process they are forked from does it: it loads
the parse that the image carries, and compiles its macros. It connects to nothing and holds no key.

Runs with dbt's own Python, beside the zones.json that the parse was baked with.
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
from dbt_common.clients.jinja import template_cache


def main() -> None:
    before, folder = dict(os.environ), Path.cwd()
    zone, connection = next(iter(json.loads((Path(__file__).parent / "zones.json").read_text()).items()))
    os.environ.update(connection)
    os.environ["DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY"] = "not needed to parse"
    os.environ["DBT_PARTIAL_PARSE_FILE_PATH"] = f"target/{zone}/partial_parse.msgpack"
    os.chdir(os.environ["DBT_PROJECT_DIR"])
    try:
        with tempfile.TemporaryDirectory() as target:
            loaded = dbtRunner().invoke(["--quiet", "parse", "--target-path", target, "--log-path", target])
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(before)
    if loaded.success:
        for macro in loaded.result.macros.values():
            template_cache.get_node_template(macro)
    else:
        print(f"dbt's pods start without its parse loaded: {loaded.exception}", file=sys.stderr)
    loaded = None
    reset_adapters()
    gc.collect()
    gc.set_threshold(500_000, 20, 100)  # as bin/dbt does in a container
    resource_tracker._resource_tracker._stop()  # each pod has its own: none may reach into a process of all


if __name__ == "__main__":
    main()
