"""`make bench`: what a run costs here, beside what plain dbt costs, into tables and build/bench.json.

`./assay bench PART` measures one part alone and leaves the others' numbers in the file. The measurements are in
tests/benchmarks. Each is made beside its baseline, in turn, so that a machine that gets busy in between is unfair to
neither; the reports are medians.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from local.company.demo_company import DemoCompany
from local.emulators.common import files
from local.platform import demo
from local.platform.airflow_client import Airflow
from local.platform.start import start
from local.state.endpoints import Endpoints
from tests.benchmarks import (
    dag_parse,
    expansion,
    expansion_table,
    granularity,
    model_pod,
    plain_dbt,
    platform_run,
    pods,
)
from tests.benchmarks.machine import commit, machine, versions
from tests.benchmarks.meters import MemoryWatch, Meter, Used, middle
from tools.runtime.layout import Layout

ROUNDS = 3
REST_SECONDS = 20
SHOWN_PARTS = 5
GB = 1024**3
AIMS = {"ratio": 2.5, "memory_bytes": 4 * GB, "dag_parse_cpu_seconds": 1.0}

Part = tuple[Callable[[Layout, Callable[[str], None]], dict[str, Any]], Callable[[dict[str, Any]], Table]]
PARTS: dict[str, Part] = {
    "granularity": (granularity.measure, granularity.table),
    "dbt_pod": (model_pod.measure, model_pod.table),
    "expand": (expansion.measure, expansion_table.table),
}
"""What can be measured by itself, without the platform that is running: how, and its table."""


class BenchError(Exception):
    """Why nothing can be measured here, as a sentence."""


def run(layout: Layout, console: Console) -> None:
    """Measure everything. Starts the platform, and lives the demo's first days if there is no data yet."""
    if sys.platform != "linux":
        raise BenchError("Measuring CPU and memory of process trees needs Linux's /proc.")
    start(layout, [], console)
    endpoints = Endpoints(layout)
    if DemoCompany(endpoints).today is None:
        demo.run(endpoints, console)
    report = measure(endpoints, console)
    console.print(table(report))
    write(endpoints.layout, report, console)
    for name in PARTS:
        run_part(endpoints.layout, name, console)


def run_part(layout: Layout, name: str, console: Console) -> None:
    """One part, which needs no platform. Raises BenchError."""
    if sys.platform != "linux":
        raise BenchError("Measuring CPU and memory of processes needs Linux's /proc.")
    if name not in PARTS:
        raise BenchError(f'There is no part "{name}" to measure alone; there is {", ".join(PARTS)}.')
    measured, shown = PARTS[name]
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "commit": commit(layout),
        "versions": versions(layout),
        **measured(layout, console.print),
    }
    console.print(shown(report))
    write(layout, {name: report}, console)


def write(layout: Layout, report: dict[str, Any], console: Console) -> None:
    """Into the file, beside what it holds of other parts."""
    path = layout.root / "build" / "bench.json"
    files.write_json(path, files.read_json(path, {}) | report, mode=0o644)
    console.print(f"Written to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}.")


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
            "cpu_percent_of_a_core": {
                service: round(100 * s / at_rest.wall, 2) for service, s in at_rest.services.items()
            },
            "memory_bytes_by_service": resting_memory,
            "memory_bytes": sum(resting_memory.values()),
        },
        "peak_memory": {
            "memory_bytes": sum(memory.peak.values()),
            "memory_bytes_by_service": memory.peak,
            "samples": memory.samples,
        },
        "pod_start": {kind: cost.as_json() for kind, cost in costs.items()},
        "dag_parse_cpu_seconds": parses,
    }


def rest(meter: Meter, seconds: float) -> Used:
    before = meter.read()
    time.sleep(seconds)
    return meter.since(before)


def ratio(measured: dict[str, float], baseline: dict[str, float], name: str) -> float:
    return round(measured[name] / baseline[name], 2)


def table(report: dict[str, Any]) -> Table:
    """The report for people: what was measured, beside its baseline."""
    run_, build, times = report["flights_run"]["median"], report["plain_dbt_build"]["median"], report["ratio"]
    peak, resting = report["peak_memory"]["memory_bytes"], report["at_rest"]["memory_bytes"]
    idle = sum(report["at_rest"]["cpu_percent_of_a_core"].values())
    shown = Table(title="What a run costs")
    for column in ("", "wall s", "CPU s", "beside"):
        shown.add_column(column, justify="right" if column.endswith(" s") else "left", no_wrap=column != "beside")

    def row(name: str, wall: float | None, cpu: float | None, beside: str = "", digits: int = 1) -> None:
        numbers = ("" if value is None else f"{value:.{digits}f}" for value in (wall, cpu))
        shown.add_row(name, *numbers, beside)

    row("a run of flights", run_["wall_seconds"], run_["cpu_seconds"], f"{run_['tasks']:.0f} tasks")
    row("  its dbt tasks alone", run_["wall_seconds_of_dbt_tasks"], None, "from the first to the last")
    row("dbt build by itself", build["wall_seconds"], build["cpu_seconds"], f"{build['nodes']:.0f} nodes, 4 threads")
    row("ratio", times["wall"], times["cpu"], f"aim: {AIMS['ratio']}", digits=2)
    shown.add_section()
    for service, seconds in costliest(report["flights_run"]["rounds"]):
        row(f"  {service}", None, seconds, "of the run's CPU")
    shown.add_section()
    for kind, cost in report["pod_start"].items():
        row(f"pod: {kind}", cost["wall_seconds"], cost["cpu_seconds"], digits=2)
    shown.add_section()
    for file, seconds in report["dag_parse_cpu_seconds"].items():
        row(file, None, seconds["first"], f"import airflow: {seconds['import_airflow']:.2f}", digits=2)
        row("  in a fork", None, seconds["again"], digits=2)
    shown.add_section()
    shown.add_row("memory, at most", "", "", f"{peak / GB:.2f} GB; aim: {AIMS['memory_bytes'] / GB:.0f} GB")
    shown.add_row("at rest", "", "", f"{resting / GB:.2f} GB, {idle:.0f} % of a processor")
    others = ", ".join(f"{each['cpu_seconds_of_others']:.0f}" for each in report["flights_run"]["rounds"])
    shown.caption = (
        f"Medians of {len(report['flights_run']['rounds'])} rounds on {report['machine']['processors']} processors "
        f"({report['machine']['processor']}). Others used {others} CPU s of the machine during the runs."
    )
    return shown


def costliest(rounds: Sequence[dict[str, Any]]) -> list[tuple[str, float]]:
    """The services that used most CPU, and the rest as one."""
    services = middle([each["cpu_seconds_by_service"] for each in rounds])
    first = sorted(services.items(), key=lambda item: -item[1])[:SHOWN_PARTS]
    return [*first, ("all other services", sum(services.values()) - sum(seconds for _, seconds in first))]
