"""dbt-airflow-factory 1.0.0 on Airflow 3: what it needs before it can be imported, and what it reads wrongly.

* It imports `airflow.kubernetes.secret`, which Airflow 3 moved into the Kubernetes provider. An alias is enough.
  Waits for dbt-airflow-factory to support Airflow 3 (its metadata says `apache-airflow<3`).
* Its `read_config` merges `base` and environment at the top level only, so an environment that sets one key of `dag` loses
  all others, and it warns of every file that is missing, on every parse. Ours takes its place.

Import `AirflowDagFactory` from here and nowhere else.
"""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from airflow.providers.cncf.kubernetes import secret

from assay.settings import read

_moved = ModuleType("airflow.kubernetes")
_moved.secret = secret  # type: ignore[attr-defined]
sys.modules.setdefault("airflow.kubernetes", _moved)
sys.modules.setdefault("airflow.kubernetes.secret", secret)

from dbt_airflow_factory import airflow_dag_factory  # noqa: E402  (needs the alias)
from dbt_airflow_factory.airflow_dag_factory import AirflowDagFactory  # noqa: E402


def _read_config(dag_path: str, env: str, file_name: str, replace_jinja: bool = False) -> dict[str, Any]:
    return read(Path(dag_path) / "config", env, file_name)


airflow_dag_factory.read_config = _read_config

__all__ = ["AirflowDagFactory"]
