"""Run with Airflow's own Python: what one tool takes to make the tasks of a dbt project, in a fresh process.

Prints CPU seconds to build the DAG and to serialise it, tasks, edges, the serialised bytes, the most memory that the
process held meanwhile, and how much of that came after everything was imported (bytes; Linux resets its own mark).
"""

import ctypes
import gc
import json
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import airflow
import airflow.settings  # noqa: F401
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization

MARK = Path("/proc/self/clear_refs")
IMAGE, NAMESPACE = "assay/dbt:local", "assay"
FRAME = frozenset(("start", "load", "choose", "end"))
"""What the factory and we put around a project's own tasks. Made and measured, and not counted: the floor has none."""
ENVIRONMENT = {"ASSAY_ENV": "local", "ASSAY_ZONE": "bench", "ASSAY_RUN_ID": "{{ run_id }}"}


def ours(folder: Path) -> Callable[[], DAG]:
    from airflow.providers.standard.operators.empty import EmptyOperator

    from assay.settings import load
    from assay.transform import factory as imported  # noqa: F401
    from assay.transform import transform
    from assay.transform.section import Section
    from assay.zones import Zone

    settings = load(folder / "dags", "local")
    zone = Zone.model_validate(json.loads((folder / "zone.json").read_text()))

    def load() -> Section:
        task = EmptyOperator(task_id="load")
        return Section([task], [task])

    def build() -> DAG:
        with DAG("bench", schedule=None, **settings.dag) as dag:
            transform(zone, settings, load)
        return dag

    return build


def factory(folder: Path) -> Callable[[], DAG]:
    from airflow.providers.cncf.kubernetes import secret

    # All that dbt-airflow-factory 1.0.0 needs to be imported on Airflow 3: a module that has moved.
    alias = types.ModuleType("airflow.kubernetes.secret")
    vars(alias).update(Secret=secret.Secret)
    sys.modules["airflow.kubernetes"] = types.ModuleType("airflow.kubernetes")
    sys.modules["airflow.kubernetes.secret"] = alias
    from cosmos.operators import kubernetes  # noqa: F401
    from dbt_airflow_factory.airflow_dag_factory import AirflowDagFactory

    return lambda: AirflowDagFactory(str(folder / "factory"), "local").create()


def cosmos(folder: Path) -> Callable[[], DAG]:
    from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
    from cosmos.constants import ExecutionMode, LoadMode
    from cosmos.operators import kubernetes  # noqa: F401

    def build() -> DAG:
        with DAG("bench", schedule=None) as dag:
            DbtTaskGroup(
                group_id="dbt",
                project_config=ProjectConfig(manifest_path=folder / "full.json", project_name="assay"),
                profile_config=ProfileConfig(
                    profile_name="assay", target_name="zone", profiles_yml_filepath=folder / "profiles.yml"
                ),
                execution_config=ExecutionConfig(
                    execution_mode=ExecutionMode.KUBERNETES, dbt_project_path=str(folder), dbt_executable_path="dbt"
                ),
                render_config=RenderConfig(load_method=LoadMode.DBT_MANIFEST),
                operator_args={"image": IMAGE, "namespace": NAMESPACE, "env_vars": ENVIRONMENT},
            )
        return dag

    return build


def floor(folder: Path) -> Callable[[], DAG]:
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

    plan = json.loads((folder / "plan.json").read_text())

    def build() -> DAG:
        with DAG("bench", schedule=None) as dag:
            made = {
                name: KubernetesPodOperator(
                    task_id=name, image=IMAGE, namespace=NAMESPACE, cmds=command, env_vars=ENVIRONMENT
                )
                for name, command in plan["tasks"].items()
            }
            for before, those in plan["edges"].items():
                made[before].set_downstream([made[after] for after in those])
        return dag

    return build


def memory(line: str) -> int:
    found = next(each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith(line))
    return int(found.split()[1]) * 1024


def main(tool: str, folder: Path) -> dict[str, Any]:
    build = {"ours": ours, "factory": factory, "cosmos": cosmos, "floor": floor}[tool](folder)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what imports have left free would hide what is taken now
    held = memory("VmRSS")
    MARK.write_text("5")
    began = time.process_time()
    dag = build()
    built = time.process_time()
    serialised = DagSerialization.to_dict(dag)
    done = time.process_time()
    peak = memory("VmHWM")
    return {
        "build_seconds": built - began,
        "serialise_seconds": done - built,
        "tasks": len(dag.task_dict.keys() - FRAME),
        "edges": sum(len(task.downstream_task_ids - FRAME) for task in dag.tasks if task.task_id not in FRAME),
        "serialised_bytes": len(json.dumps(serialised)),
        "peak_memory_bytes": peak,
        "memory_beyond_imports_bytes": peak - held,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
