"""Run by model_pod.py with dbt's Python: a warm process, as the local node keeps one, and pods forked from it.

Prints what each fork used, and the memory that the warm process holds.
"""

import gc
import importlib
import json
import os
import runpy
import sys
import time
from pathlib import Path
from typing import Any

from local.emulators.common.forks.executed import take_over


def main() -> None:
    """The one argument is JSON: modules, script, rounds, program, entry, argv, environment, folder."""
    order = json.loads(sys.argv[1])
    for name in order["modules"]:
        importlib.import_module(name)
    runpy.run_path(order["script"], run_name="__main__")
    gc.collect()
    gc.freeze()
    warmed = time.process_time()
    pods = [pod(order) for _ in range(order["rounds"])]
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    memory = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    print(json.dumps({"pods": pods, "memory_bytes": memory, "warm_cpu_seconds": warmed}))


def pod(order: dict[str, Any]) -> dict[str, float]:
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.chdir(order["folder"])
        try:
            take_over(order["entry"], order["argv"], order["program"], order["environment"])()
        except SystemExit as ended:
            os._exit(ended.code if isinstance(ended.code, int) else 0)
        os._exit(1)
    _, status, used = os.wait4(pid, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise SystemExit(f"a forked pod ended with {code}")
    return {"cpu_seconds": used.ru_utime + used.ru_stime, "wall_seconds": time.monotonic() - began}


main()
