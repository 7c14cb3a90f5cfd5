"""A pod as a task: dbt, loaders, SQL jobs and containers all run in one of these."""

import time
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from assay.import_speed import uncollected
from assay.in_log import in_log
from assay.pods.failures import Failure, failure, lost, start_trouble
from assay.pods.manager import FormattingPodManager
from assay.pods.masking import Masker
from assay.pods.models import references, requirements, toleration
from assay.pods.run_values import FIELDS, RUN_ID, SHOWN, run_values, verbatim
from assay.secrets import chosen
from assay.settings import Settings
from assay.zones import Resources, Zone

with uncollected():  # two Kubernetes clients with all their models
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
    from airflow.providers.cncf.kubernetes.pod_generator import make_safe_label_value
    from kubernetes.client import ApiException, models

if TYPE_CHECKING:
    from jinja2 import Environment

GRACE_TO_START = timedelta(seconds=30)  # an image or a secret may arrive a moment after the pod
GRACE_TO_END = 5  # seconds; most programs are deaf to SIGTERM when they are a container's first process
SHORTEST_POLL, LONGEST_POLL = 0.1, 2.0
NOT_FOUND = 404

POD_SECURITY = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
SCRATCH = models.V1Volume(name="scratch", empty_dir=models.V1EmptyDirVolumeSource(size_limit="2Gi"))
SCRATCH_MOUNT = models.V1VolumeMount(name=SCRATCH.name, mount_path="/tmp")


class PodOperator(KubernetesPodOperator):
    """Runs one command of one image, with what the environment's settings give every pod.

    :param zone: whose work it is; the pod carries its name.
    :param image: one of our images by name, such as `assay/dbt`, or any other with its tag.
    :param command: the program and its arguments.
    :param env: more of the container's environment, as it is. Nothing secret belongs here.
    :param of_run: names of `run_values.TEMPLATES` that the environment gets beside the run's id.
    :param secrets: names of declared pod secrets. An undeclared one raises, so the DAG does not parse.
    :param resources: CPU and memory, as limits and as requests; the environment's own where left out.
    :param node_selector: labels of the nodes it may run on, beside the environment's own.
    :param model: the dbt node it is about, for labels and the query tag.
    :param deadline: after which Kubernetes ends the pod; the environment's own where left out.

    A failure is raised as a sentence; see `assay.pods.failures` for which are tried again. The last lines of the log
    are Kubernetes' own termination message, so they survive the pod. A retry adopts a pod that is still running and
    never one that has ended. One that is being deleted is waited for (apache/airflow#10544): two pods of one task would
    build the same table at the same time.
    """

    template_fields: Sequence[str] = FIELDS

    def __init__(
        self,
        *,
        zone: Zone,
        settings: Settings,
        image: str,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        of_run: Sequence[str] = (),
        secrets: Sequence[str] = (),
        resources: Resources | None = None,
        node_selector: Mapping[str, str] | None = None,
        model: str = "",
        deadline: timedelta | None = None,
        **kwargs: Any,
    ) -> None:
        of_environment = settings.k8s
        limit = resources or of_environment.resources.limit
        self.run_values = run_values([RUN_ID, *of_run])
        self.masked = Masker()
        self._secrets, self._of_zone = tuple(secrets), zone.zone
        labels = {"zone": zone.zone} | ({"model": make_safe_label_value(model)} if model else {})
        super().__init__(
            kubernetes_conn_id=of_environment.kubernetes_conn_id,
            namespace=of_environment.namespace,
            image=settings.image(image),
            image_pull_policy=of_environment.image_pull_policy,
            image_pull_secrets=[models.V1LocalObjectReference(name) for name in of_environment.image_pull_secrets],
            cmds=list(command),
            env_vars={**of_environment.envs, **run_identity(zone, settings, model), **(env or {})},
            env_from=list(references(tuple(secrets), zone.zone)),
            labels=of_environment.labels | labels,
            annotations=dict(of_environment.annotations),
            container_resources=requirements(limit.cpu, limit.memory),
            node_selector=of_environment.resources.node_selectors | dict(node_selector or {}),
            tolerations=[toleration(*each.model_dump().items()) for each in of_environment.resources.tolerations],
            service_account_name=of_environment.service_account(zone.zone),
            automount_service_account_token=False,
            security_context=POD_SECURITY,
            container_security_context=CONTAINER_SECURITY,
            volumes=[SCRATCH],
            volume_mounts=[SCRATCH_MOUNT],
            termination_message_policy="FallbackToLogsOnError",
            termination_grace_period=GRACE_TO_END,
            active_deadline_seconds=int((deadline or of_environment.active_deadline).total_seconds()),
            startup_timeout_seconds=int(of_environment.startup_timeout.total_seconds()),
            on_finish_action="delete_pod",
            do_xcom_push=False,
            **kwargs,
        )

    @cached_property
    def pod_manager(self) -> FormattingPodManager:
        return FormattingPodManager(kube_client=self.client, callbacks=self.callbacks)

    def render_template_fields(self, context: Context, jinja_env: "Environment | None" = None) -> None:
        """Render `run_values` alone, from its templates. The task's page shows what the pod is given beside it."""
        self.template_fields, self.run_values = FIELDS, run_values(self.run_values)
        super().render_template_fields(context, jinja_env)
        self.template_fields = (*FIELDS, *SHOWN)

    def build_pod_request_obj(self, context: Context | None = None, *, dry_run: bool = False) -> models.V1Pod:
        """The pod, in whose command and environment every text stands for itself."""
        pod = super().build_pod_request_obj(context, dry_run=dry_run)
        (container,) = pod.spec.containers
        container.command = [verbatim(argument) for argument in container.command]
        given = [(variable.name, variable.value) for variable in container.env]
        container.env = [
            models.V1EnvVar(name=name, value=verbatim(value)) for name, value in (*given, *self.run_values.items())
        ]
        return pod

    def execute(self, context: Context) -> None:
        """Starts the pod, follows its log, waits for its end and deletes it. Raises what went wrong as a sentence.

        Where the cluster cannot be reached the pod is left alone: the next try finds it, or its deadline ends it.
        """
        request = self.build_pod_request_obj(context)
        self.pod = self.get_or_create_pod(request, context)
        try:
            trouble = self._await_start(self.pod)
            self.masked = Masker(self._secret_values(self.pod))
            trouble = trouble or self._await_end(self.pod)
        except ApiException as error:
            if error.status != NOT_FOUND:
                raise
            trouble = lost(self.pod.metadata.name)
        if trouble:
            trouble = replace(trouble, sentence=self.masked(trouble.sentence))
        try:
            trouble = self.conclude(context, trouble)
        finally:
            self.process_pod_deletion(self.pod, reraise=False)
        if trouble:
            raise (AirflowException if trouble.again else AirflowFailException)(in_log(trouble.sentence))

    def _secret_values(self, pod: models.V1Pod) -> list[str]:
        """What the pod's container was given of its secrets and may not show. One that is not there is none.

        Raises ApiException where the cluster does not let Airflow read them: then nothing of the log is shown.
        """
        public = {name for each in chosen(self._secrets, self._of_zone) for name in each.public}
        found: list[str] = []
        for name in self._secrets:
            try:
                secret = self.client.read_namespaced_secret(name, pod.metadata.namespace)
            except ApiException as error:
                if error.status != NOT_FOUND:
                    raise
                continue
            values = {key: b64decode(value).decode(errors="replace") for key, value in (secret.data or {}).items()}
            found += [value for key, value in values.items() if key not in public]
        return found

    def shown(self, line: str) -> str:
        """A line of the pod's log as the task's log shows it. Called once for each line, while the pod runs."""
        return line

    def conclude(self, context: Context, trouble: Failure | None) -> Failure | None:
        """Hook after the container exits and before the pod is deleted. Return the failure to raise, if any."""
        return trouble

    def log_again(self) -> list[str]:
        """The lines of the pod's log from its beginning, as far as the cluster has them; none if the pod is gone."""
        assert self.pod is not None
        try:
            answer = self.client.read_namespaced_pod_log(
                self.pod.metadata.name,
                self.pod.metadata.namespace,
                container=self.base_container_name,
                _preload_content=False,
            )
        except ApiException as error:
            self.log.warning("The pod's log cannot be read again: %s.", error.reason or error.status)
            return []
        return list(answer.data.decode(errors="backslashreplace").splitlines())

    def find_pod(self, namespace: str, context: Context, *, exclude_checked: bool = True) -> models.V1Pod | None:
        """The newest pod of this task and run, once those that are being deleted are gone.

        Raises AirflowException when a node does not let go of one in the time that a pod has to start.
        """
        selector = self._build_find_pod_label_selector(context, exclude_checked=exclude_checked)
        began = time.monotonic()
        for wait in _polls():
            pods = self.client.list_namespaced_pod(namespace=namespace, label_selector=selector).items
            leaving = [pod.metadata.name for pod in pods if pod.metadata.deletion_timestamp is not None]
            if not leaving:
                return max(pods, key=lambda pod: pod.metadata.creation_timestamp, default=None)
            if time.monotonic() - began >= self.startup_timeout_seconds:
                raise AirflowException(
                    f"Pod {', '.join(leaving)} of an earlier try is being deleted and has not ended in "
                    f"{self.startup_timeout_seconds} s. If its node is lost, remove the node; then clear the task."
                )
            time.sleep(wait)
        raise AssertionError("polling never ends by itself")

    def _get_pod_from_task_state_store(self, context: Context) -> models.V1Pod | None:
        """None: `find_pod` finds it by its labels, and knows those that are being deleted."""
        return None

    def _await_start(self, pod: models.V1Pod) -> Failure | None:
        """Why the pod does not start, or None as soon as it has."""
        began = time.monotonic()
        for wait in _polls():
            found = self._read(pod)
            if found["status"].get("phase") not in ("Pending", None):
                return None
            waited = timedelta(seconds=time.monotonic() - began)
            trouble = start_trouble(found, self.base_container_name)
            if waited.total_seconds() >= self.startup_timeout_seconds:
                return trouble or Failure(
                    f"Pod {pod.metadata.name} has not started in {self.startup_timeout_seconds} s, and nothing says "
                    f"why.",
                    again=True,
                )
            if trouble and waited >= GRACE_TO_START and "waiting" in str(found["status"].get("containerStatuses")):
                return trouble
            time.sleep(wait)
        raise AssertionError("polling never ends by itself")

    def _await_end(self, pod: models.V1Pod) -> Failure | None:
        """Follows the log to its end; why the pod failed, or None."""
        self.pod_manager.fetch_container_logs(
            pod=pod,
            container_name=self.base_container_name,
            follow=True,
            log_formatter=lambda _, line: in_log(self.masked(self.shown(line))),
        )
        for wait in _polls():
            found = self._read(pod)
            if found["status"].get("phase") in ("Succeeded", "Failed"):
                return failure(found, self.base_container_name)
            time.sleep(wait)
        raise AssertionError("polling never ends by itself")

    def _read(self, pod: models.V1Pod) -> dict[str, Any]:
        found: dict[str, Any] = self.client.api_client.sanitize_for_serialization(self.pod_manager.read_pod(pod))
        return found


def run_identity(zone: Zone, settings: Settings, model: str) -> dict[str, str]:
    """What every pod knows of whose work it does, for query tags and ledgers. The run's id comes with `run_values`."""
    return {
        "ASSAY_ENV": settings.environment,
        "ASSAY_ZONE": zone.zone,
        "ASSAY_MODEL": model,
        "ASSAY_COMMIT": settings.commit,
    }


def _polls() -> Iterator[float]:
    """Waits in seconds: short ones first, because most pods start and end at once; the pod's deadline bounds them."""
    wait = SHORTEST_POLL
    while True:
        yield wait
        wait = min(wait * 1.5, LONGEST_POLL)
