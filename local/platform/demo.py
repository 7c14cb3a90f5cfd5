"""`make demo`: the company lives three days (one more each time after that), and both zones bring them to gold."""

from __future__ import annotations

import time
from collections import Counter
from datetime import date

from rich.console import Console

from assay.cli.tables import aligned
from local.company.demo_company import DemoCompany
from local.platform.airflow_client import Airflow, Run
from local.platform.zones_status import zones_status
from local.state.endpoints import Endpoints

ORDER = ("weather", "flights")
"""Weather first: flights reads what weather has published."""

FIRST_DAYS = 3
RUN_SECONDS = 900


class DemoError(Exception):
    """What went wrong, and where to look, in one sentence."""


def run(endpoints: Endpoints, console: Console) -> None:
    """Needs a platform that is up and provisioned. Raises DemoError when a zone's run fails."""
    began = time.monotonic()
    company, airflow = DemoCompany(endpoints), Airflow(endpoints)
    days = company.next_days(1 if company.today else FIRST_DAYS)
    if not days:
        raise DemoError(f"The data ends with {company.today}; `make clean` starts again.")
    for zone in ORDER:
        airflow.wait_for_dag(zone, 120)
    console.print(f"{_span(days)} is over: its weather is dropped, its flights can be asked for")
    company.live(days)

    runs = []
    for zone in ORDER:
        run_id = airflow.start(zone)
        runs.append(airflow.wait_for_run(zone, run_id, RUN_SECONDS, progress=lambda line: console.print(f"  {line}")))
        if runs[-1].state != "success":
            raise DemoError(
                f"The run {run_id} of {zone} failed: see {endpoints.airflow}/dags/{zone}/runs/{run_id}, "
                f"or `./assay logs`."
            )
    console.print(f"What the zones hold now:\n{_summary(endpoints, airflow, runs)}")
    login = endpoints.credentials["airflow"]
    console.print(
        f"Airflow is at {endpoints.airflow} (user {login['user']}, password {login['password']}), the chat inbox, "
        f"with the same login, at {endpoints.url('inbox')}.\n"
        f"Everything stays up until `make down`. {time.monotonic() - began:.0f} s for these runs."
    )


def _summary(endpoints: Endpoints, airflow: Airflow, runs: list[Run]) -> str:
    numbers = ("landed", "approved", "quarantined")
    rows = []
    states = {row["zone"]: row for row in zones_status(endpoints)}
    for run_ in runs:
        state = states[run_.dag_id]
        ran = Counter(
            task["task_id"].rsplit(".", 1)[-1]
            for task in airflow.tasks(run_.dag_id, run_.run_id)
            if task["state"] == "success"
        )
        counts = (f"{state[key]:,}" for key in numbers)
        rows.append((run_.dag_id, *counts, f"{ran['run']} built", f"{ran['test']} passed", state["release"]))
    heads = ("zone", *numbers, "models", "tests", "release")
    return aligned(heads, rows, {*numbers, "models", "tests"})


def _span(days: list[date]) -> str:
    return days[0].isoformat() if len(days) == 1 else f"{days[0].isoformat()} to {days[-1].isoformat()}"
