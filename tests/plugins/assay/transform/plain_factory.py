"""Run in a process of its own: the DAG that plain dbt-airflow-factory 1.0.0 makes, as JSON.

Nothing of ours is imported. One module that Airflow 3 has moved is put where the factory looks for it.
"""

import json
import sys
import types
from typing import Any

from airflow.providers.cncf.kubernetes import secret

moved = types.ModuleType("airflow.kubernetes.secret")
vars(moved).update(Secret=secret.Secret)
sys.modules["airflow.kubernetes"] = types.ModuleType("airflow.kubernetes")
sys.modules["airflow.kubernetes.secret"] = moved

from dbt_airflow_factory.airflow_dag_factory import AirflowDagFactory  # noqa: E402
from kubernetes.client import ApiClient  # noqa: E402


def pod(task: Any) -> dict[str, Any]:
    """What the task would start, as far as it can be known before it runs."""
    task.build_kube_args({}, cmd_flags=[])
    made: dict[str, Any] = ApiClient().sanitize_for_serialization(task.build_pod_request_obj(dry_run=True))
    return made


dag = AirflowDagFactory(sys.argv[1], "local").create()
print(
    json.dumps(
        {
            "edges": [(task.task_id, after) for task in dag.tasks for after in sorted(task.downstream_task_ids)],
            "tasks": {
                task.task_id: pod(task) if hasattr(task, "build_pod_request_obj") else None for task in dag.tasks
            },
            "default_args": {key: str(value) for key, value in dag.default_args.items()},
        }
    )
)
