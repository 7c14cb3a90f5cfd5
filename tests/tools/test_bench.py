"""The benchmark's meters and arithmetic: that what is measured is what was used, by whom, and nothing twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from local.emulators.common import files
from tests.benchmarks import expansion, expansion_table, granularity, meters, model_pod, plain_dbt, platform_run
from tests.benchmarks.meters import MemoryWatch, Meter
from tools import bench
from tools.runtime.layout import Layout

SECONDS = 0.6
BURN = f"import time\nwhile time.process_time() < {SECONDS}: pass\n"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def child(program: str) -> str:
    """A program that runs another one to its end."""
    return f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {program!r}])\n"


@pytest.fixture
def part(tmp_path: Path) -> Iterator[Callable[[str], Meter]]:
    """A platform of one part, `worker`, which runs a Python program; we are its supervisor."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str) -> Meter:
        worker = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        started.append(worker)
        assert worker.stdout is not None
        layout = Layout(root=tmp_path, state=tmp_path)
        files.write_json(layout.run / "processes.json", {"worker": {"pid": worker.pid, "started": "0"}})
        files.write_json(layout.run / "supervisor.json", {"pid": os.getpid(), "started": "0"})
        assert worker.stdout.readline() == "ready\n"
        return Meter(layout)

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


def test_what_a_service_burns_in_children_that_have_ended_is_the_services(part: Callable[[str], Meter]) -> None:
    meter = part(f"import subprocess, sys, time\nprint('ready', flush=True)\n{child(child(BURN))}time.sleep(60)\n")
    before = meters.Reading(time.monotonic(), {}, meters.machine_seconds())
    deadline = time.monotonic() + 20
    while (used := meter.since(before)).services["worker"] < SECONDS and time.monotonic() < deadline:
        time.sleep(0.05)
    assert SECONDS <= used.services["worker"] < SECONDS + 1
    assert used.cpu == pytest.approx(sum(used.services.values()))


def test_what_nothing_of_the_platform_burns_is_the_others(part: Callable[[str], Meter]) -> None:
    meter = part("import time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    before = meter.read()
    stranger = subprocess.Popen([sys.executable, "-c", BURN + "time.sleep(60)\n"])
    deadline = time.monotonic() + 20
    while meter.since(before).others < SECONDS and time.monotonic() < deadline:
        time.sleep(0.05)
    used = meter.since(before)
    stranger.kill()
    stranger.wait()
    assert used.others >= SECONDS - 0.1
    assert used.services["worker"] < 0.1


def test_memory_is_watched_while_it_lasts(part: Callable[[str], Meter]) -> None:
    held = 80 << 20
    meter = part(
        f"import time\nprint('ready', flush=True)\ntime.sleep(0.5)\n"
        f"data = b'x' * {held}\ntime.sleep(1)\ndel data\ntime.sleep(60)\n"
    )
    at_first = meter.memory()["worker"]
    with MemoryWatch(meter, every=0.05) as watch:
        deadline = time.monotonic() + 20
        while watch.peak.get("worker", 0) < at_first + held * 0.9 and time.monotonic() < deadline:
            time.sleep(0.05)
        while meter.memory()["worker"] > at_first + held * 0.5 and time.monotonic() < deadline:
            time.sleep(0.05)
    assert watch.peak["worker"] >= at_first + held * 0.9
    assert meter.memory()["worker"] < at_first + held * 0.5


def test_time_covered_by_tasks_counts_overlaps_once_and_gaps_not_at_all() -> None:
    assert platform_run.covered([(0, 2), (1, 3), (5, 6), (5.5, 5.7)]) == pytest.approx(4)


def test_dbts_last_line_says_how_many_nodes_there_were() -> None:
    assert plain_dbt.nodes("08:36:20  Done. PASS=62 WARN=2 ERROR=0 SKIP=0 NO-OP=0 TOTAL=64\n") == 64


def test_medians_are_of_the_numbers_that_every_round_has() -> None:
    rounds = [{"wall_seconds": wall, "run_id": "r", "cpu_seconds_by_service": {}} for wall in (3.0, 1.0, 2.0)]
    assert meters.middle(rounds) == {"wall_seconds": 2.0}
    assert bench.ratio({"wall_seconds": 5.0}, {"wall_seconds": 2.0}, "wall_seconds") == 2.5


def test_the_costliest_services_and_the_rest_are_all_that_was_used() -> None:
    parts = {f"part{number}": float(number) for number in range(1, 9)}
    shown = bench.costliest([{"cpu_seconds_by_service": parts}])
    assert shown[0] == ("part8", 8.0)
    assert sum(seconds for _, seconds in shown) == sum(parts.values())


def test_the_table_fits_a_terminal_and_shows_each_ratio_beside_its_aim() -> None:
    run = {"wall_seconds": 30.0, "cpu_seconds": 33.0, "tasks": 42, "wall_seconds_of_dbt_tasks": 22.0,
           "wall_seconds_without_a_running_task": 5.0, "cpu_seconds_of_others": 1.0,
           "cpu_seconds_by_service": {"kubernetes": 12.0}}  # fmt: skip
    build = {"wall_seconds": 6.0, "cpu_seconds": 5.0, "nodes": 64}
    report = {
        "machine": {"processors": 2, "processor": "one of many"},
        "flights_run": {"median": run, "rounds": [run]},
        "plain_dbt_build": {"median": build, "rounds": [build]},
        "ratio": {"wall": 5.0, "cpu": 6.6},
        "pod_start": {"echo": {"wall_seconds": 0.08, "cpu_seconds": 0.04}},
        "dag_parse_cpu_seconds": {"flights.py": {"import_airflow": 0.9, "first": 0.8, "again": 0.02}},
        "peak_memory": {"memory_bytes": 3 << 30},
        "at_rest": {"memory_bytes": 2 << 30, "cpu_percent_of_a_core": {"kubernetes": 1.0}},
    }
    console = Console(width=80, record=True, quiet=False, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(bench.table(report))
    lines = console.export_text().splitlines()
    (shown,) = [line for line in lines if "ratio" in line]
    assert "5.00" in shown
    assert "6.60" in shown
    assert "aim: 2.5" in shown
    assert all("…" not in line for line in lines)


def test_a_part_that_is_measured_alone_leaves_the_others_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(root=tmp_path, state=tmp_path)
    files.write_json(tmp_path / "build" / "bench.json", {"ratio": {"cpu": 2.0}, "dbt_pod": {"models": "of before"}})
    monkeypatch.setitem(bench.PARTS, "dbt_pod", (lambda _layout, _say: {"models": POD_REPORT}, lambda _: Table()))
    monkeypatch.setattr(bench, "commit", lambda _: "abc")
    monkeypatch.setattr(bench, "versions", lambda _: {})
    bench.run_part(layout, "dbt_pod", Console(quiet=True))
    written = files.read_json(tmp_path / "build" / "bench.json")
    assert written["ratio"] == {"cpu": 2.0}
    assert written["dbt_pod"]["models"] == POD_REPORT
    with pytest.raises(bench.BenchError, match='no part "dbt_prod" to measure alone'):
        bench.run_part(layout, "dbt_prod", Console(quiet=True))


POD_REPORT = {
    "50": {
        **{way: {"cpu_seconds": 4.0, "wall_seconds": 5.0} for way in (*model_pod.SHOWN, "floor")},
        "forked": {"cpu_seconds": 0.5, "wall_seconds": 0.6, "memory_bytes_of_the_warm_process": 200 * model_pod.MB},
    }
}


def test_the_table_of_a_pods_cost_has_every_way_and_the_price_of_the_warm_process() -> None:
    console = Console(record=True, width=100, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(model_pod.table({"models": POD_REPORT, "times_better": 8.0}))
    shown = console.export_text()
    assert "forked from a warm process" in shown
    assert "0.5 (0.6)" in shown
    assert "200 MB" in shown


def test_granularities_are_shown_side_by_side_with_the_aim() -> None:
    runs = {
        name: {"tasks": tasks, "wall_seconds": 30.0, "wall_seconds_of_dbt_tasks": dbt, "cpu_seconds": 40.0}
        for name, tasks, dbt in (("model", 43, 22.0), ("layer", 18, 8.0))
    }
    console = Console(width=80, record=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(granularity.table({"aims": granularity.AIMS, "runs": runs, "times_faster": 2.75}))
    shown = console.export_text()
    assert "2.75 times faster by layer; aim: 2" in shown
    assert next(line for line in shown.splitlines() if "model" in line).replace("│", " ").split()[:2] == ["model", "43"]


def test_what_a_program_used_is_the_kernels_count_and_a_failure_is_what_it_said() -> None:
    used = model_pod.executed([sys.executable, "-c", BURN], {}, "/")
    assert SECONDS <= used["cpu_seconds"] < SECONDS + 1
    with pytest.raises(model_pod.PodFailed, match="no such model"):
        model_pod.executed([sys.executable, "-c", "raise SystemExit('no such model')"], {}, "/")


@pytest.mark.wide
def test_a_project_is_expanded_by_every_tool_and_shown_beside_its_aims(root: Path, tmp_path: Path) -> None:
    layout = Layout(root=root, state=root / ".assay")
    expansion.provision(tmp_path, 10, root / "dags")
    found = {tool: expansion.expand(layout, tool, tmp_path) for tool in expansion.TOOLS}
    assert found["ours"]["tasks"] == found["floor"]["tasks"] > 20
    assert found["ours"]["edges"] == found["floor"]["edges"]
    assert all(each["seconds"] > 0 and each["serialised_bytes"] > 1000 for each in found.values())
    sizes = {str(models): found for models in expansion.SIZES}
    console = Console(width=80, record=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    report = {"models": sizes, "ratios": expansion.ratios(sizes), "aims": expansion.AIMS}
    console.print(expansion_table.table(report))
    shown = console.export_text()
    assert "…" not in shown
    assert all(title in shown for title in expansion_table.TITLES.values())
    assert "aim: 1.3" in shown
