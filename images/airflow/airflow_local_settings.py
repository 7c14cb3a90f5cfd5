"""Imported by every Airflow process when it starts, the image's and this repository's alike.

Tasks and DAG parses run in processes that are forked from a long-lived one. What that one has imported they inherit, time
and memory; what it has not each of them imports again, which takes longer than most tasks do. So whatever forks (the
scheduler's LocalExecutor, a Celery worker, the DAG processor) imports beforehand what a zone's tasks are made of.

A change to plugins/ needs a restart of these processes, as always with Airflow's plugins.
"""

import gc
import logging
import sys
from importlib import import_module

FORKING = ("scheduler", "celery", "dag-processor")

PRELOADED = (
    "assay.pipeline",
    "airflow.providers.airbyte.hooks.airbyte",
    "airflow.providers.amazon.aws.secrets.secrets_manager",
    "airflow.providers.cncf.kubernetes.hooks.kubernetes",
    "airflow.providers.snowflake.hooks.snowflake",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "snowflake.connector",
)


def _preload() -> None:
    """A module that does not import is not Airflow's end: the DAGs that need it say so where people look."""
    gc.disable()
    try:
        for name in PRELOADED:
            try:
                import_module(name)
            except Exception:
                logging.getLogger(__name__).exception("%s cannot be imported ahead of the tasks that need it.", name)
    finally:
        gc.enable()


if set(FORKING) & set(sys.argv[1:2]):
    _preload()

__all__: list[str] = []
