"""Runs one KubernetesPodOperator as a worker would, in Airflow's own environment: `run_operator.py KUBECONFIG JSON`.

The JSON holds the operator's arguments. Prints its log, then `RESULT <json>` or `FAILED <message>`. In deferrable mode
it also plays the triggerer: it runs the operator's trigger until it fires and resumes the operator with the event.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any
from unittest import mock

LOGICAL_DATE = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)


def main() -> None:
    extra = {"kube_config": Path(sys.argv[1]).read_text(), "namespace": "assay"}
    os.environ["AIRFLOW_CONN_KUBERNETES"] = json.dumps({"conn_type": "kubernetes", "extra": extra})
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
    from airflow.sdk import DAG
    from airflow.sdk.exceptions import TaskDeferred

    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    with DAG("flights", start_date=LOGICAL_DATE):
        operator = KubernetesPodOperator(
            task_id="task", kubernetes_conn_id="kubernetes", startup_check_interval_seconds=1, **json.loads(sys.argv[2])
        )
    try:
        try:
            result = operator.execute(context(operator))
        except TaskDeferred as deferred:
            result = resume(operator, deferred)
        print("RESULT", json.dumps(result))
    except Exception as error:
        print("FAILED", error)


def context(operator: Any) -> Any:
    """What the task runner would hand over, as far as the operator looks at it."""
    instance = mock.MagicMock(dag_id="flights", task_id="task", run_id="run", map_index=-1, try_number=1)
    run = mock.MagicMock(run_id="run", logical_date=LOGICAL_DATE)
    values = {"ti": instance, "task_instance": instance, "dag_run": run, "run_id": "run", "dag": operator.dag}
    return {**values, "task": operator, "params": {}}


def resume(operator: Any, deferred: Any) -> Any:
    async def fires() -> Any:
        async for event in deferred.trigger.run():
            return event.payload

    from airflow.sdk.exceptions import TaskDeferred

    while True:
        event = asyncio.run(fires())
        try:
            return getattr(operator, deferred.method_name)(context(operator), event=event, **(deferred.kwargs or {}))
        except TaskDeferred as again:
            deferred = again


if __name__ == "__main__":
    main()
