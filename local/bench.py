"""`make bench`: what a run costs here, beside what plain dbt costs, into a table and build/bench.json.

The measurements are in tests/benchmarks. Each is made beside its baseline, in turn, so that a machine that gets busy in
between is unfair to neither; the reports are medians.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from local import demo, files
from local.airflow_client import Airflow
from local.endpoints import Endpoints
from local.world import World
from tests.benchmarks import dag_parse, plain_dbt, platform_run, pods
from tests.benchmarks.machine import commit, machine, versions
from tests.benchmarks.meters import MemoryWatch, Meter, Used

ROUNDS = 3
REST_SECONDS = 20
AIMS = {"ratio": 2.5, "memory_bytes": 4 * 1024**3, "dag_parse_cpu_seconds": 1.0}


class BenchError(Exception):
    """Why nothing can be measured here, as a sentence."""


def run(endpoints: Endpoints, console: Console) -> None:
    """Needs a platform that is up and furnished; lives the demo's first days if there is no data yet."""
    if sys.platform != "linux":
        raise BenchError("Measuring CPU and memory of process trees needs Linux's /proc.")
    if World(endpoints).today is None:
        demo.run(endpoints, console)
    report = measure(endpoints, console)
    path = endpoints.layout.root / "build" / "bench.json"
    files.write_json(path, report, mode=0o644)
    console.print(table(report))
    console.print(f"Written to [bold]{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}[/].")


def measure(endpoints: Endpoints, console: Console) -> dict[str, Any]:
    meter, airflow, zone = Meter(endpoints.layout), Airflow(endpoints), platform_run.ZONE
    began = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
    console.print("DAG files, each imported in a process of its own")
    parses = dag_parse.measure(endpoints)
    console.print("pods that do next to nothing")
    costs = pods.measure(endpoints, meter, zone)
    console.print("a run of flights to warm up, while memory is watched")
    with MemoryWatch(meter) as memory:
        platform_run.measure(airflow, meter)
    console.print(f"the platform at rest, for {REST_SECONDS} s")
    at_rest = rest(meter, REST_SECONDS)
    resting_memory = meter.memory()
    runs, builds = [], []
    for number in range(1, ROUNDS + 1):
        console.print(f"round {number} of {ROUNDS}: a run of flights, then dbt build by itself")
        runs.append(platform_run.measure(airflow, meter))
        builds.append(plain_dbt.measure(endpoints, meter, zone))
    ran, built = ([each.as_json() for each in rounds] for rounds in (runs, builds))
    return {
        **began,
        "commit": commit(endpoints.layout),
        "versions": versions(endpoints.layout),
        "aims": AIMS,
        "flights_run": {"median": middle(ran), "rounds": ran},
        "plain_dbt_build": {"median": middle(built), "rounds": built},
        "ratio": {name: ratio(middle(ran), middle(built), f"{name}_seconds") for name in ("wall", "cpu")},
        "at_rest": {
            "cpu_percent_of_a_core": {part: round(100 * s / at_rest.wall, 2) for part, s in at_rest.parts.items()},
            "memory_bytes_by_part": resting_memory,
            "memory_bytes": sum(resting_memory.values()),
        },
        "peak_memory": {
            "memory_bytes": sum(memory.peak.values()),
            "memory_bytes_by_part": memory.peak,
            "samples": memory.samples,
        },
        "pod_start": {kind: cost.as_json() for kind, cost in costs.items()},
        "dag_parse_cpu_seconds": parses,
    }


def rest(meter: Meter, seconds: float) -> Used:
    before = meter.read()
    time.sleep(seconds)
    return meter.since(before)


def middle(rounds: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The medians of what is one number in every round."""
    numbers = [name for name, value in rounds[0].items() if isinstance(value, int | float)]
    return {name: statistics.median(each[name] for each in rounds) for name in numbers}


def ratio(measured: dict[str, float], baseline: dict[str, float], name: str) -> float:
    return round(measured[name] / baseline[name], 2)


def table(report: dict[str, Any]) -> Table:
    """The report for people: what was measured, beside its baseline."""
    run_, build = report["flights_run"]["median"], report["plain_dbt_build"]["median"]
    shown = Table(title="What a run costs", show_lines=False)
    for column in ("measured", "wall s", "CPU s", "note"):
        shown.add_column(column, justify="right" if column.endswith(" s") else "left")
    parts = report["flights_run"]["rounds"][0]["cpu_seconds_by_part"]
    dearest = sorted(parts, key=lambda part: -parts[part])[:3]
    shown.add_row(
        "a run of flights on the platform", f"{run_['wall_seconds']:.1f}", f"{run_['cpu_seconds']:.1f}",
        f"{run_['tasks']:.0f} tasks; most CPU: " + ", ".join(f"{part} {parts[part]:.1f}" for part in dearest),
    )  # fmt: skip
    shown.add_row(
        "its dbt tasks, first to last", f"{run_['wall_seconds_of_dbt_tasks']:.1f}", "",
        f"{run_['wall_seconds_without_a_running_task']:.1f} s of the run no task was running",
    )  # fmt: skip
    shown.add_row(
        "baseline: dbt build by itself", f"{build['wall_seconds']:.1f}", f"{build['cpu_seconds']:.1f}",
        f"{build['nodes']:.0f} nodes, one process, {plain_dbt.THREADS} threads",
    )  # fmt: skip
    times = report["ratio"]
    shown.add_row("ratio", f"{times['wall']:.2f}", f"{times['cpu']:.2f}", f"aim: {AIMS['ratio']} or less")
    shown.add_section()
    for kind, cost in report["pod_start"].items():
        shown.add_row(f"a pod: {kind}", f"{cost['wall_seconds']:.2f}", f"{cost['cpu_seconds']:.2f}", "")
    shown.add_section()
    for file, seconds in report["dag_parse_cpu_seconds"].items():
        shown.add_row(
            f"importing {file}", "", f"{seconds['first']:.2f}",
            f"beyond import airflow ({seconds['import_airflow']:.2f}); {seconds['again']:.2f} in a forked process",
        )  # fmt: skip
    shown.add_section()
    peak, resting = report["peak_memory"]["memory_bytes"], report["at_rest"]["memory_bytes"]
    idle = sum(report["at_rest"]["cpu_percent_of_a_core"].values())
    shown.add_row("memory, at most", "", "", f"{peak / 1e9:.2f} GB; aim: {AIMS['memory_bytes'] / 1e9:.1f} GB or less")
    shown.add_row("at rest", "", "", f"{resting / 1e9:.2f} GB and {idle:.0f} % of a processor")
    loads = ", ".join(f"{each['cpu_seconds_of_others']:.0f}" for each in report["flights_run"]["rounds"])
    shown.caption = (
        f"{report['machine']['processors']} processors, {report['machine']['processor']}; medians of {ROUNDS} rounds. "
        f"Others on the machine used {loads} CPU s during the runs."
    )
    return shown
