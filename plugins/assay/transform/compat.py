"""dbt-airflow-factory 1.0.0 on Airflow 3: what it needs before it can be imported, and what it reads wrongly.

* It imports `airflow.kubernetes.secret`, which Airflow 3 moved into the Kubernetes provider, and
  `airflow.operators.empty`, which warns on every parse. An alias is enough. Waits for the factory to support Airflow 3,
  which its metadata excludes.
* Its `read_config` merges `base` and environment at the top level only, so an environment that sets one key of `dag`
  loses all others, and it warns of every file that is missing, on every parse. Ours takes its place.
* It imports all of Cosmos, a quarter of a DAG file's parse, for a task group that this factory never builds. Those
  imports are deferred.
* Its notification handlers read `execution_date`, which Airflow 3 does not have, and importing them imports Slack's
  client. The platform has alerts of its own; a configuration that asks for the factory's is refused.

Import `AirflowDagFactory` from here and nowhere else.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from airflow.providers.standard.operators.empty import EmptyOperator

from assay.errors import ConfigurationError
from assay.import_speed import uncollected
from assay.settings import read

with uncollected():  # the Kubernetes client with all its models
    from airflow.providers.cncf.kubernetes import secret


class NotificationHandlersFactory:
    """In place of the factory's own."""

    def create_failure_handler(self, handlers_config: object) -> NoReturn:
        raise ConfigurationError(
            "config: airflow.yml: failure_handlers do not work on Airflow 3; remove them, a zone's `channel` is "
            "told of failures"
        )


class Later:
    """An object of a module that is imported when the object is called, or asked for anything."""

    def __init__(self, module: str, name: str) -> None:
        self._found_at = (module, name)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._object()(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._object(), name)

    def _object(self) -> Any:
        module, name = self._found_at
        return getattr(import_module(module), name)


def _stand_in(name: str, **attributes: object) -> None:
    sys.modules.setdefault(name, _module(name, attributes))


def _module(name: str, attributes: dict[str, Any]) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(attributes)
    return module


@contextmanager
def _later(**wanted: str) -> Iterator[None]:
    """While it is open, each of the modules (`cosmos__config` for `cosmos.config`) is one that offers the name it is
    asked for. Afterwards they are what they were before.
    """
    modules = {key.replace("__", "."): name for key, name in wanted.items()}
    before = {module: sys.modules.get(module) for module in modules}
    sys.modules.update({module: _module(module, {name: Later(module, name)}) for module, name in modules.items()})
    try:
        yield
    finally:
        for module, known in before.items():
            if known is None:
                del sys.modules[module]
            else:
                sys.modules[module] = known


_stand_in("airflow.operators.empty", EmptyOperator=EmptyOperator)
_stand_in("airflow.kubernetes", secret=secret)
_stand_in("airflow.kubernetes.secret", Secret=secret.Secret)
_stand_in("dbt_airflow_factory.notifications.handler", NotificationHandlersFactory=NotificationHandlersFactory)

with uncollected():  # every provider the factory could use
    import dbt_airflow_factory  # noqa: F401  (a stand-in for its own package's module needs the package)

    with _later(
        cosmos="DbtTaskGroup",
        cosmos__config="RenderConfig",
        cosmos__constants="LoadMode",
        dbt_airflow_factory__cosmos="translate_configs",
    ):
        from dbt_airflow_factory import airflow_dag_factory
        from dbt_airflow_factory.airflow_dag_factory import AirflowDagFactory


def _read_config(dag_path: str, env: str, file_name: str, replace_jinja: bool = False) -> dict[str, Any]:
    return read(Path(dag_path) / "config", env, file_name)


airflow_dag_factory.read_config = _read_config

__all__ = ["AirflowDagFactory"]
