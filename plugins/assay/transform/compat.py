"""dbt-airflow-factory 1.0.0 on Airflow 3: what its import cannot do without. Import its names from here.

Version 1.0.0 is for Airflow 2.5 to 2.11 (getindata/dbt-airflow-factory#113). "No issue filed" is as of 2026-11-28.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import cosmos  # noqa: F401  (as Airflow does for each provider's description)

from assay.import_speed import uncollected
from assay.settings import read

UNUSED = {
    # Imports `airflow.kubernetes.secret`, which apache/airflow#41735 removed; no issue filed at the factory.
    "dbt_airflow_factory.cosmos": "translate_configs",
    # Its handlers read `execution_date`, which apache/airflow#43902 renamed, and import Slack's client, 0.1 CPU s; no
    # issue filed at the factory. `assay.settings_files` refuses `failure_handlers`.
    "dbt_airflow_factory.notifications.handler": "NotificationHandlersFactory",
    # Import all of Cosmos, 0.35 CPU s: astronomer/astronomer-cosmos#2531 made `import cosmos` lazy, but these names are
    # not. No issue filed at the factory, which imports them for a task group that `LayeredDagFactory` never builds.
    "cosmos": "DbtTaskGroup",
    "cosmos.config": "RenderConfig",
}
"""Modules that the factory imports a name from, and the name. None is used: the methods that would are overridden, and
keys that ask for them refused."""


@contextmanager
def _without_unused() -> Iterator[None]:
    """While it is open, an empty class stands for each of these names that is not imported yet."""
    with ExitStack() as undo:
        for module, name in UNUSED.items():
            holder = sys.modules.get(module)
            if holder is None:
                holder = sys.modules[module] = ModuleType(module)
                undo.callback(sys.modules.pop, module)
            elif name in vars(holder):
                continue
            setattr(holder, name, type(name, (), {"__doc__": f"Stands for {module}.{name}."}))
            undo.callback(delattr, holder, name)
        yield


with uncollected(), warnings.catch_warnings(), _without_unused():
    # It imports `airflow.operators.empty`, which apache/airflow#46231 moved: a warning in each parse. No issue filed.
    warnings.simplefilter("ignore")
    from dbt_airflow_factory import airflow_dag_factory
    from dbt_airflow_factory.airflow_dag_factory import AirflowDagFactory
    from dbt_airflow_factory.ingestion import IngestionFactory, IngestionTasksBuilder


def _read_config(dag_path: str, env: str, file_name: str, replace_jinja: bool = False) -> dict[str, Any]:
    return read(Path(dag_path) / "config", env, file_name)


# Its own merges `base` and environment at the top level only, so an environment that sets one key of `dag` loses the
# others, and warns of each file that is missing, in every parse; no issue filed.
airflow_dag_factory.read_config = _read_config

__all__ = ["AirflowDagFactory", "IngestionFactory", "IngestionTasksBuilder"]
