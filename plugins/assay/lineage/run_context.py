"""The Airflow run context that lineage events carry: DAG, run, task, attempt and time."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from assay.settings import Settings


@dataclass(frozen=True)
class RunContext:
    """`namespace` is that of jobs, one per environment, and `now` an ISO 8601 time in UTC."""

    namespace: str
    dag_id: str
    run_id: str
    task_id: str
    attempt: int
    now: str

    @classmethod
    def of(cls, context: Any, settings: Settings) -> "RunContext":
        """Of the task that runs in this context of Airflow's."""
        ti = context["ti"]
        namespace = f"{settings.lineage.namespace}/{settings.environment}"
        return cls(namespace, ti.dag_id, ti.run_id, ti.task_id, int(ti.try_number or 1), datetime.now(UTC).isoformat())
