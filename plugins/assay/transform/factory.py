"""dbt-airflow-factory with its gateways back. Nothing in the manifest is turned into an operator anywhere else."""

from collections.abc import Sequence
from dataclasses import dataclass

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import BaseOperator, TaskGroup

from assay.dbt_graph.graph import Task
from assay.dbt_graph.manifest import graph_of
from assay.dbt_graph.pod_settings import PodSettings, of_layer
from assay.errors import ConfigurationError
from assay.leases import LASTS
from assay.pods.run_values import FULL_REFRESH
from assay.settings import Settings
from assay.transform.compat import AirflowDagFactory
from assay.transform.operator import DbtOperator
from assay.zones import Layer, Resources, ServiceRole, Zone, ZoneNames

UNLESS_FAILED = "none_failed"
"""What is skipped because a run was limited to other models holds nothing back; what failed does."""
REFRESHING = ("run", "seed", "build")
"""dbt's commands that know a full refresh. Its own variable asks for it, which leaves the baked parse as it is."""


@dataclass(frozen=True)
class Layers:
    """A zone's transformation as the pipeline wires it.

    `start` holds what comes first and `end` what comes last: task groups, or a gateway where a layer has no models.
    `gateways` are by the layer they open: `gateways["gold"]`.
    """

    start: list[TaskGroup | BaseOperator]
    end: TaskGroup | BaseOperator
    gateways: dict[str, BaseOperator]

    @property
    def first_gateway(self) -> BaseOperator:
        return next(iter(self.gateways.values()))

    @property
    def gateway_to_gold(self) -> BaseOperator:
        return self.gateways[Layer.GOLD]


class LayeredDagFactory(AirflowDagFactory):  # type: ignore[misc]  # it has no types
    """The factory for one zone. Call `layers` inside a DAG.

    Restores what 1.0 reads and drops when pods run dbt: gateways, environment, resources, node selectors, seeds before
    models, and tests over several models as tasks that wait for all of them.
    """

    def __init__(self, zone: Zone, settings: Settings) -> None:
        super().__init__(dag_path=str(settings.dags_folder), env=settings.environment)
        self.zone = zone
        self.settings = settings

    def _create_dbt_task_group(self) -> Layers:
        """The extension point of the factory, which puts one task group of Cosmos here."""
        return self.layers()

    def layers(self) -> Layers:
        """Makes the tasks of every layer, below the task group that is open."""
        plan = graph_of(self.zone, self.settings)
        groups: dict[str, TaskGroup] = {}
        made = {task.id: self._operator(task, groups) for task in plan.tasks.values()}
        followers: dict[str, list[BaseOperator]] = {}
        for before, after in sorted(plan.edges):
            followers.setdefault(before, []).append(made[after])
        for before, those in followers.items():
            made[before].set_downstream(those)

        def outermost(tasks: Sequence[str]) -> list[TaskGroup | BaseOperator]:
            names = dict.fromkeys(task.split(".")[0] for task in tasks)
            return [groups[name] if name in groups else made[name] for name in names]

        return Layers(
            start=outermost(plan.entries),
            end=outermost(plan.exits)[0],
            gateways={layer: made[gateway] for layer, gateway in plan.gateways.items()},
        )

    def _operator(self, task: Task, groups: dict[str, TaskGroup]) -> BaseOperator:
        if not task.command:
            return EmptyOperator(task_id=task.id, trigger_rule=UNLESS_FAILED)
        path, _, verb = task.id.rpartition(".")
        layer, _, label = path.partition(".")
        if layer not in groups:
            groups[layer] = TaskGroup(layer)
        if path not in groups:
            groups[path] = TaskGroup(label, parent_group=groups[layer])
        return dbt_pod(self.zone, self.settings, verb, task.command, task=task, group=groups[path])


def dbt_pod(
    zone: Zone,
    settings: Settings,
    task_id: str,
    command: Sequence[str],
    *,
    task: Task | None = None,
    group: TaskGroup | None = None,
) -> DbtOperator:
    """A dbt command as a task of the zone's transformer."""
    asked = _asked(task, settings)
    limit = settings.k8s.resources.limit
    own = asked.cpu or asked.memory
    resources = Resources(cpu=asked.cpu or limit.cpu, memory=asked.memory or limit.memory) if own else None
    scheduling = {
        "retries": asked.retries,
        "retry_delay": asked.retry_delay,
        "pool": asked.pool,
        "priority_weight": asked.priority,
    }
    # The parse baked for this zone (images/dbt/bake.py), from the image's working directory.
    env = {
        "DBT_PARTIAL_PARSE_FILE_PATH": f"target/{zone.zone}/partial_parse.msgpack",
        "ASSAY_LEASE_SECONDS": str(int(LASTS.total_seconds())),
        "ASSAY_TASK": task.id if task else task_id,
    }
    return DbtOperator(
        task_id=task_id,
        task_group=group,
        zone=zone,
        settings=settings,
        image=settings.execution_env.image.repository,
        command=command,
        secrets=[ZoneNames(settings.environment, zone.zone).warehouse_secret(ServiceRole.TRANSFORMER)],
        env=env,
        of_run=[FULL_REFRESH] if command[1] in REFRESHING else (),
        trigger_rule=UNLESS_FAILED,
        resources=resources,
        node_selector=asked.node_selector,
        model=task.model if task else "",
        covers=(*task.covers, *task.shows) if task else None,
        deadline=asked.deadline,
        **{name: value for name, value in scheduling.items() if value is not None},
    )


def _asked(task: Task | None, settings: Settings) -> PodSettings:
    if task is None:
        return PodSettings()
    try:
        return of_layer(task.pod, task.layer, settings)
    except ConfigurationError as error:
        raise ConfigurationError(f"dbt: {task.model}: meta.pod.{error}") from error
