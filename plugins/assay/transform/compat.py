"""dbt-airflow-factory 1.0.0 on Airflow 3: what it needs before it can be imported, and what it reads wrongly.

* It imports `airflow.kubernetes.secret`, which Airflow 3 moved into the Kubernetes provider, and
  `airflow.operators.empty`, which warns on every parse. An alias is enough. Waits for the factory to support Airflow 3,
  which its metadata excludes.
* Its `read_config` merges `base` and environment at the top level only, so an environment that sets one key of `dag`
  loses all others, and it warns of every file that is missing, on every parse. Ours takes its place.
* Its notification handlers read `execution_date`, which Airflow 3 does not have, and importing them imports Slack's
  client. The platform has alerts of its own; whoever asks for the factory's is told so.

Import `AirflowDagFactory` from here and nowhere else.
"""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from airflow.providers.cncf.kubernetes import secret
from airflow.providers.standard.operators.empty import EmptyOperator

from assay.errors import ConfigurationError
from assay.imports import uncollected
from assay.settings import read


class NotificationHandlersFactory:
    """In place of the factory's own."""

    def create_failure_handler(self, handlers_config: object) -> NoReturn:
        raise ConfigurationError(
            "config: airflow.yml: failure_handlers do not work on Airflow 3; remove them, a zone's `channel` is "
            "told of failures"
        )


def _stand_in(name: str, **attributes: object) -> None:
    module = ModuleType(name)
    vars(module).update(attributes)
    sys.modules.setdefault(name, module)


_stand_in("airflow.operators.empty", EmptyOperator=EmptyOperator)
_stand_in("airflow.kubernetes", secret=secret)
_stand_in("airflow.kubernetes.secret", Secret=secret.Secret)
_stand_in("dbt_airflow_factory.notifications.handler", NotificationHandlersFactory=NotificationHandlersFactory)

with uncollected():  # Cosmos, and every provider the factory could use
    from dbt_airflow_factory import airflow_dag_factory
    from dbt_airflow_factory.airflow_dag_factory import AirflowDagFactory


def _read_config(dag_path: str, env: str, file_name: str, replace_jinja: bool = False) -> dict[str, Any]:
    return read(Path(dag_path) / "config", env, file_name)


airflow_dag_factory.read_config = _read_config

__all__ = ["AirflowDagFactory"]
