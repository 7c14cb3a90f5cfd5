"""dbt-airflow-factory with its gateways back. Nothing in the manifest is turned into an operator anywhere else."""

from collections.abc import Callable, Sequence
from typing import cast

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import BaseOperator, TaskGroup, TriggerRule, chain

from assay.dbt_graph.graph import Task
from assay.dbt_graph.manifest import graph_of
from assay.dbt_graph.pod_settings import PodSettings, of_layer
from assay.errors import ConfigurationError
from assay.leases import LASTS
from assay.pods.run_values import FULL_REFRESH
from assay.settings import Settings
from assay.transform.compat import AirflowDagFactory, IngestionFactory, IngestionTasksBuilder
from assay.transform.operator import DbtOperator
from assay.transform.operators import choose
from assay.transform.section import Section
from assay.zones import Layer, Resources, ServiceRole, Zone, ZoneNames

UNLESS_FAILED = TriggerRule.NONE_FAILED
"""What is skipped because a run was limited to other models holds nothing back; what failed does."""
REFRESHING = ("run", "seed", "build")
"""dbt's commands that know a full refresh. Its own variable asks for it, which leaves the baked parse as it is."""
END = "end"
"""The factory's last task."""


class Layers(Section):
    """The tasks that build and test a zone's models: `choose`, then the layers with their gateways."""

    def __init__(self, choose: BaseOperator, gateway_to_gold: BaseOperator, last: Sequence[TaskGroup | BaseOperator]):
        super().__init__([choose], last)
        self.choose = choose
        self.gateway_to_gold = gateway_to_gold

    @property
    def end(self) -> BaseOperator:
        """The factory's task behind the layers."""
        return cast("BaseOperator", self.choose.dag.get_task(END))


class Sources(IngestionTasksBuilder, IngestionFactory):  # type: ignore[misc]  # no types
    """The factory's ingestion, which `ingestion.yml` switches on: the tasks that load a zone's sources of any kind.

    The factory's own builder knows Airbyte alone, and starts syncs without watching them.
    """

    def __init__(self, build: Callable[[], Section]) -> None:
        self.build = build

    def create(self) -> "Sources":
        return self


class LayeredDagFactory(AirflowDagFactory):  # type: ignore[misc]  # no types
    """The factory for one zone. Its entry `create_tasks`, called inside a DAG, makes start, ingestion, layers and end.

    Restores what 1.0 reads and drops when pods run dbt: gateways, environment, resources, node selectors, seeds before
    models, and tests over several models as tasks that wait for all of them.
    """

    layers: Layers
    """What `create_tasks` has made between ingestion and `end`."""

    def __init__(self, zone: Zone, settings: Settings, ingestion: Callable[[], Section]) -> None:
        super().__init__(dag_path=str(settings.dags_folder), env=settings.environment)
        self.ingestion_tasks_builder_factory = Sources(ingestion)
        self.zone = zone
        self.settings = settings

    def create_tasks(self) -> None:
        super().create_tasks()
        self.layers.end.trigger_rule = UNLESS_FAILED

    def _create_dbt_task_group(self) -> Layers:
        """Make the tasks of every layer where the factory would make one task group of Cosmos."""
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

        gateways = [made[gateway] for gateway in plan.gateways.values()]
        gateway_to_gold = made[plan.gateways[Layer.GOLD]]
        chosen = choose(self.zone, self.settings)
        # Gateways too: tasks that a run skips at once hold nothing back, and what is before them must.
        chain(chosen, [*outermost(plan.entries), gateways[0]])
        self.layers = Layers(chosen, gateway_to_gold, [gateway_to_gold, *outermost(plan.exits)])
        return self.layers

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
