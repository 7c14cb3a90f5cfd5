"""Imported by every Airflow process when it starts, the image's and this repository's alike.

Tasks and DAG parses run in processes that are forked from a long-lived one: the scheduler with its LocalExecutor, a
Celery worker, the DAG processor. What that one has imported they inherit, in time and in memory; what it has not, each
of them imports for itself, which takes longer than most tasks do. So it imports what tasks are made of before it forks.

A change to plugins/ needs a restart of these processes, as a change to an Airflow plugin does.
"""

import gc
import logging
import os
import sys
from functools import cache
from importlib import import_module

FORKING = ("scheduler", "celery", "dag-processor")

PRELOADED = (
    "assay.pipeline",
    "assay.alerts.zone_alerts",
    "assay.alerts.post",
    "assay.alerts.operators",
    "assay.contracts.operator",
    "assay.ingestion.tasks",
    "assay.lineage.transport",
    "assay.lineage.events",
    "assay.pods.operator",
    "assay.releases.operators",
    "assay.releases.rollback_dag",
    "assay.transform.factory",
    "assay.transform.operators",
    "assay.transform.operator",
    "airflow.api_fastapi.execution_api.datamodels.asset",
    "airflow.dag_processing.bundles.local",
    "airflow.providers.airbyte.operators.airbyte",
    "airflow.providers.amazon.aws.secrets.secrets_manager",
    "airflow.providers.cncf.kubernetes.hooks.kubernetes",
    "airflow.providers.snowflake.hooks.snowflake",
    "airflow.sdk.definitions.timetables.interval",
    "airflow.sdk.definitions.timetables.trigger",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "airflow.serialization.definitions.assets",
    "airflow.timetables.base",
    "boto3.s3.transfer",
    "cryptography.hazmat.backends.openssl.backend",
    "jinja2.ext",
    "open_data_contract_standard.model",
    "snowflake.connector",
)

__all__: list[str] = []

# Imported, the connector starts a thread that loads a library for its telemetry. A process that is forked meanwhile
# inherits the import lock that the thread holds, and waits for it for ever when it connects.
os.environ.setdefault("SNOWFLAKE_DISABLE_MINICORE", "true")
# Each connection would ask six clouds, with 0.2 s for the answer, whose machine this is; for telemetry alone, too.
os.environ.setdefault("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true")


@cache
def preload() -> None:
    """A module that cannot be imported is not Airflow's end: the DAGs that need it say so where people look."""
    gc.disable()  # some hundred thousand objects that all stay; it would walk over them time and again
    for name in PRELOADED:
        try:
            import_module(name)
        except Exception:
            logging.getLogger(__name__).exception("%s cannot be imported ahead of the tasks that need it.", name)
    _import_kinds()
    _make_clients()
    gc.freeze()  # and would copy their pages in every fork
    gc.enable()


def _import_kinds() -> None:
    """Import the operators of all kinds of source and all kinds of channel, the company's own among them."""
    try:
        import_module("assay.ingestion.tasks").import_operators()
        import_module("assay.alerts.channels").channels()
    except Exception:
        logging.getLogger(__name__).exception("Not every kind can be imported ahead of its tasks.")


def _make_clients() -> None:
    """The tasks' client of the secrets backend. boto3 reads half a megabyte to make one, for each task: a fifth
    of what a task costs. It has no connection yet, and looks for its login when it first asks."""
    from airflow.sdk.configuration import ensure_secrets_loaded
    from airflow.sdk.execution_time.secrets import DEFAULT_SECRETS_SEARCH_PATH_WORKERS

    try:
        for backend in ensure_secrets_loaded(DEFAULT_SECRETS_SEARCH_PATH_WORKERS):
            getattr(backend, "client", None)  # made when it is first looked at, and kept
    except Exception:
        logging.getLogger(__name__).exception("No client of the secrets backend can be made ahead of the tasks.")


# Not at once, because Airflow is still importing itself; when the first process is about to be forked.
if set(sys.argv[1:2]) & set(FORKING):
    os.register_at_fork(before=preload)
