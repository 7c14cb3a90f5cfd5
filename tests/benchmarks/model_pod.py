"""What one model's pod costs in projects of 50, 500 and 2,000 models, by how much of the parse it finds done.

The ways are taken in turn, each in a fresh process with a pod's environment, so that a machine that gets busy in
between is unfair to none. CPU is what the kernel counted for the process; the warehouse's own is not in it, being the
same for all.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from local.platform import dbt_image
from tests.benchmarks.many_models import MODEL, ZONE, Warehouse, warehouse, write_project
from tools.runtime.layout import ROOT, Layout

SIZES = (50, 500, 2000)
ROUNDS = 3
COMMAND = ("run", "--select", MODEL)
AIMS = {"baked_cpu_seconds_at_2000": 7.0, "times_better_at_2000": 3.0}
MB = 1024**2
SHOWN = {
    "not_baked": "nothing baked, dbt's own program",
    "baked_plain": "baked, dbt's own program",
    "baked": "baked, the image's program",
    "forked": "forked from a warm process",
}

Used = dict[str, float]


class PodFailed(Exception):
    """The model was not built; the text is the end of what dbt said."""


@dataclass(frozen=True)
class Pod:
    """The image of one project and what its pods are given."""

    image: dict[str, Any]
    environment: dict[str, str]
    python: Path
    script: Path

    def run(self, program: str) -> Used:
        return executed([program, *COMMAND], self.environment, self.image["workdir"])

    def not_baked(self) -> Used:
        without = {name: value for name, value in self.environment.items() if name != "DBT_PARTIAL_PARSE_FILE_PATH"}
        with tempfile.TemporaryDirectory() as target:  # dbt leaves a parse in its own, for the next to find
            command = [f"{self.image['path'][-1]}/dbt", *COMMAND]
            return executed(command, without | {"DBT_TARGET_PATH": target}, self.image["workdir"])

    def baked_plain(self) -> Used:
        return self.run(f"{self.image['path'][-1]}/dbt")

    def baked(self) -> Used:
        return self.run(f"{self.image['path'][0]}/dbt")

    def floor(self) -> Used:
        parts = self._said([str(ROOT / "tests/benchmarks/floor_of_dbt.py"), MODEL], self.environment)
        return {"cpu_seconds": sum(parts.values())} | {f"{name}_cpu_seconds": each for name, each in parts.items()}

    def forks(self, rounds: int) -> dict[str, Any]:
        order = {
            "modules": self.image["preload"]["modules"],
            "script": str(self.script),
            "rounds": rounds,
            "program": f"{self.image['path'][0]}/dbt",
            "entry": self.image["preload"]["commands"]["dbt"],
            "argv": ["dbt", *COMMAND],
            "environment": self.environment,
            "folder": self.image["workdir"],
        }
        # A warm process has the image's environment and nothing of a pod's.
        own = {
            name: value for name, value in self.environment.items() if not name.startswith(("SNOWFLAKE_", "DBT_ENV"))
        }
        own |= {"PYTHONPATH": str(ROOT)}
        return self._said([str(ROOT / "tests/benchmarks/forks_of_dbt.py"), json.dumps(order)], own)

    def _said(self, arguments: list[str], environment: Mapping[str, str]) -> dict[str, Any]:
        done = subprocess.run(
            [str(self.python), *arguments], env=dict(environment), cwd=self.image["workdir"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise PodFailed((done.stdout + done.stderr)[-2000:])
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


def measure(
    layout: Layout, say: Callable[[str], None], sizes: Iterable[int] = SIZES, rounds: int = ROUNDS
) -> dict[str, Any]:
    """By number of models: the medians of each way. Raises PodFailed."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        own = Layout(root=layout.root, state=Path(name) / "state")
        own.state.mkdir(mode=0o700)
        with warehouse(own) as there:
            for models in sizes:
                say(f"a pod of one of {models} models: baking")
                pod = image(Path(name) / str(models), models, there)
                found[str(models)] = of_size(pod, rounds, lambda text, n=models: say(f"  {n} models, {text}"))
    largest = found[max(found, key=int)]
    return {
        "aims": AIMS,
        "models": found,
        "times_better": round(largest["not_baked"]["cpu_seconds"] / largest["baked"]["cpu_seconds"], 2),
    }


def of_size(pod: Pod, rounds: int, say: Callable[[str], None]) -> dict[str, Any]:
    ways: dict[str, Callable[[], Used]] = {
        "not_baked": pod.not_baked, "baked_plain": pod.baked_plain, "baked": pod.baked, "floor": pod.floor,
    }  # fmt: skip
    used: dict[str, list[Used]] = {way: [] for way in ways}
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}")
        for way, run in ways.items():
            used[way].append(run())
    forks = pod.forks(rounds)
    used["forked"] = forks["pods"]
    medians: dict[str, Any] = {way: middle(each) for way, each in used.items()}
    medians["forked"] |= {
        "memory_bytes_of_the_warm_process": forks["memory_bytes"],
        "cpu_seconds_to_warm_it": round(forks["warm_cpu_seconds"], 2),
    }
    return medians


def image(folder: Path, models: int, there: Warehouse) -> Pod:
    """Bakes the image of a project of that many models, as `./assay up` bakes ours."""
    folder.mkdir()
    build = folder / "image"
    of_all = {"ASSAY_ENV": dbt_image.ENVIRONMENT, "ASSAY_DBT_THREADS": dbt_image.THREADS}
    project = write_project(folder / "project", models)
    dbt_image.make(build, {ZONE: {**of_all, **there.connection}}, project)
    described: dict[str, Any] = json.loads(json.dumps(dbt_image.describe(build)))
    tmp = folder / "tmp"
    tmp.mkdir()
    environment = {name: value.replace("{tmp}", str(tmp)) for name, value in described["env"].items()}
    environment |= there.connection | {
        "PATH": ":".join([*described["path"], os.defpath]),
        "REQUESTS_CA_BUNDLE": str(there.bundle),
        "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": there.key,
        "DBT_PARTIAL_PARSE_FILE_PATH": f"target/{ZONE}/partial_parse.msgpack",
        "ASSAY_ZONE": ZONE,
        "ASSAY_RUN_ID": "bench",
        "ASSAY_COMMIT": "bench",
    }
    return Pod(described, environment, Path(described["preload"]["python"]), Path(described["preload"]["script"]))


def executed(command: list[str], environment: Mapping[str, str], folder: str) -> Used:
    """Seconds of one program from its start to its end. Raises PodFailed."""
    with tempfile.TemporaryFile("w+") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=dict(environment), stdout=output, stderr=output)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise PodFailed(output.read()[-2000:])
    return {"cpu_seconds": used.ru_utime + used.ru_stime, "wall_seconds": wall}


def middle(rounds: list[Used]) -> Used:
    return {name: round(statistics.median(each[name] for each in rounds), 2) for name in rounds[0]}


def table(report: dict[str, Any]) -> Table:
    """The report for people."""
    shown = Table(title="What one model's pod costs, in CPU seconds (wall)")
    shown.add_column("")
    for models in report["models"]:
        shown.add_column(f"{int(models):,} models", justify="right", no_wrap=True)
    for way, words in SHOWN.items():
        cells = (each[way] for each in report["models"].values())
        shown.add_row(words, *(f"{cell['cpu_seconds']:.1f} ({cell['wall_seconds']:.1f})" for cell in cells))
    floors = [each["floor"] for each in report["models"].values()]
    shown.add_row("floor: import, load, run", *(f"{floor['cpu_seconds']:.1f}" for floor in floors))
    shown.add_section()
    memory = (each["forked"]["memory_bytes_of_the_warm_process"] / MB for each in report["models"].values())
    shown.add_row("the warm process holds", *(f"{each:.0f} MB" for each in memory))
    shown.caption = (
        f"At most {AIMS['baked_cpu_seconds_at_2000']:.0f} s are aimed at, and {AIMS['times_better_at_2000']:.0f} times "
        f"better than nothing baked: it is {report['times_better']} times."
    )
    return shown
