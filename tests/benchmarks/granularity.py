"""The zone `flights` with a pod for each command of a model, and with a pod for each layer.

Both are run in turn on one platform in a checkout of its own, with the same rows there and nothing new to load.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.benchmarks import platform_run
from tests.benchmarks.meters import Meter, middle
from tests.checkout import Checkout, copy_checkout
from tools.runtime.layout import Layout

ROUNDS = 3
BY_LAYER = "\ngranularity: {bronze: layer, silver: layer, gold: layer}\n"
COARSE_TASK = "gold.build"
READ_SECONDS = 120
AIMS = {"times_faster": 2.0}
MEASURED = "wall_seconds_of_dbt_tasks"


def measure(layout: Layout, say: Callable[[str], None], rounds: int = ROUNDS) -> dict[str, Any]:
    """Medians by granularity, and how many times faster `layer` is, from the first dbt task to the last."""
    runs: dict[str, list[dict[str, Any]]] = {"model": [], "layer": []}
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        checkout = Checkout(Path(folder) / "assay")
        copy_checkout(layout.root, checkout.root)
        say("granularity: a platform of its own, with the demo's days in it")
        try:
            checkout.assay("demo")
            for number in range(1, rounds + 1):
                say(f"granularity, round {number} of {rounds}: by model, by layer")
                runs["model"].append(_run(checkout))
                with by_layer(checkout):
                    runs["layer"].append(_run(checkout))
        finally:
            checkout.assay("down")
    medians = {name: middle(each) for name, each in runs.items()}
    return {
        "aims": AIMS,
        "runs": medians,
        "rounds": runs,
        "times_faster": round(medians["model"][MEASURED] / medians["layer"][MEASURED], 2),
    }


def table(report: dict[str, Any]) -> Table:
    shown = Table(title="A pod for each command, and a pod for each layer")
    for column in ("flights", "tasks", "wall s", "its dbt tasks", "CPU s"):
        shown.add_column(column, justify="left" if column == "flights" else "right")
    for name, run in report["runs"].items():
        numbers = (f"{run[key]:.1f}" for key in ("wall_seconds", MEASURED, "cpu_seconds"))
        shown.add_row(name, f"{run['tasks']:.0f}", *numbers)
    shown.caption = f"dbt's tasks {report['times_faster']:.2f} times faster by layer; aim: {AIMS['times_faster']:.0f}"
    return shown


@contextmanager
def by_layer(checkout: Checkout) -> Iterator[None]:
    """The zone's file asks for whole layers for as long as this is open, and Airflow knows."""
    path = checkout.root / "dags" / "zones" / platform_run.ZONE / "zone.yml"
    text = path.read_text()
    path.write_text(text + BY_LAYER)
    try:
        checkout.until(lambda: COARSE_TASK in task_ids(checkout), READ_SECONDS, "Airflow knows the coarser DAG")
        yield
    finally:
        path.write_text(text)
        checkout.until(lambda: COARSE_TASK not in task_ids(checkout), READ_SECONDS, "Airflow knows the finer DAG again")


def task_ids(checkout: Checkout) -> set[str]:
    return {task["task_id"] for task in checkout.airflow.call("GET", f"dags/{platform_run.ZONE}/tasks")["tasks"]}


def _run(checkout: Checkout) -> dict[str, Any]:
    return platform_run.measure(checkout.airflow, Meter(checkout.layout)).as_json()
