"""The life of one pod: from its spec to its end, written so that it can be picked up at any point.

Every step first looks at what the container's directory says (backend.py). So the same code starts a new pod, and after
a restart of the server finds what has ended meanwhile, waits for what still runs, and starts what had not begun.
"""

import asyncio
import copy
import datetime
import logging
import shutil
import signal
from dataclasses import replace
from pathlib import Path

from local.emulators.kubernetes import events, logs, quantities
from local.emulators.kubernetes import status as statuses
from local.emulators.kubernetes.backend import (
    Backend,
    ContainerPlan,
    Exit,
    Mount,
    ended,
    is_supervised,
    read_exit,
    read_run,
    send,
)
from local.emulators.kubernetes.environment import ConfigError, environment, expand, secret_names
from local.emulators.kubernetes.images import ImageError
from local.emulators.kubernetes.secrets import Secrets
from local.emulators.kubernetes.status import ContainerState, PodState, running, waiting
from local.emulators.kubernetes.store import Object, Store, now

log = logging.getLogger(__name__)
RETRY_SECONDS = 1.0
KILL_SECONDS = 5.0
DEFAULT_GRACE = 30.0
MESSAGE_FILE_BYTES = 4096
IN_NAMESPACES_ONLY = "/dev/termination-log"


class Pod:
    """Runs one pod. The pod object in the store is the only state that is not in the pod's directory."""

    def __init__(
        self, store: Store, backend: Backend, secrets: Secrets, node_env: dict[str, str], state: Path, pod: Object
    ) -> None:
        self.store, self.backend, self.secrets, self.node_env = store, backend, secrets, node_env
        metadata = pod["metadata"]
        self.namespace, self.name, self.uid = metadata["namespace"], metadata["name"], metadata["uid"]
        self.spec = pod["spec"]
        self.directory: Path = state / "pods" / self.uid
        self.stopping = asyncio.Event()  # nothing further is to be started
        self.settled = asyncio.Event()  # every container has ended
        known = {
            container["name"]: ContainerState(*next(iter(container["state"].items())))
            for key in ("initContainerStatuses", "containerStatuses")
            for container in pod.get("status", {}).get(key, [])
        }
        initial = waiting("PodInitializing" if self.spec.get("initContainers") else "ContainerCreating")
        self.state = PodState(
            {c["name"]: known.get(c["name"], initial) for c in self.spec.get("initContainers") or []},
            {c["name"]: known.get(c["name"], initial) for c in self.spec["containers"]},
            pod.get("status", {}).get("startTime") or now(),
        )

    @property
    def object(self) -> Object:
        return self.store.get("pods", self.namespace, self.name)

    def container_directory(self, name: str) -> Path:
        return self.directory / "containers" / name

    def container_spec(self, name: str) -> Object | None:
        for container in [*(self.spec.get("initContainers") or []), *self.spec["containers"]]:
            if container["name"] == name:
                return dict(container)
        return None

    # -- reporting

    def report(self, state: PodState) -> None:
        """Makes a state the pod's, in the store and for everyone who watches."""
        self.state = state
        pod = copy.deepcopy(self.object)
        pod["status"] = statuses.status(pod, state)
        self.store.replace("pods", pod)

    def set_container(self, name: str, state: ContainerState) -> None:
        if self.state.states[name] != state:
            self.report(self.state.with_container(name, state))

    def event(self, reason: str, message: str, warning: bool = False, container: str = "") -> None:
        field = f"spec.containers{{{container}}}" if container else ""
        events.record(self.store, self.object, reason, message, warning, field)

    # -- running

    async def run(self) -> None:
        """From whatever point the pod has reached to its end."""
        if "status" not in self.object or not self.object["status"].get("conditions"):
            self.report(self.state)
            events.record(
                self.store,
                self.object,
                "Scheduled",
                f"Successfully assigned {self.namespace}/{self.name} to {statuses.NODE}",
            )
        deadline = self.spec.get("activeDeadlineSeconds")
        timer = asyncio.create_task(self._expire(deadline)) if deadline else None
        try:
            await self._containers()
        finally:
            if timer:
                timer.cancel()
            self.settled.set()

    async def _containers(self) -> None:
        for container in self.spec.get("initContainers") or []:
            if await self._container(container) != 0:
                return
        if self.spec.get("initContainers"):
            for container in self.spec["containers"]:
                if self.state.main[container["name"]].detail.get("reason") == "PodInitializing":
                    self.set_container(container["name"], waiting("ContainerCreating"))
        await asyncio.gather(*(self._container(container) for container in self.spec["containers"]))

    async def _container(self, container: Object) -> int | None:
        """Runs a container to its end, or picks it up where it is; its exit code, or None if it never ran."""
        name = container["name"]
        directory = self.container_directory(name)
        if self.state.states[name].terminated:
            return self.state.states[name].code
        is_new = read_exit(directory) is None and not is_supervised(directory) and read_run(directory) is None
        if is_new and not await self._start(container):
            return None
        if read_exit(directory) is None and (run := read_run(directory)):
            self.set_container(name, running(run["startedAt"]))
        result = await ended(directory)
        state = self._terminated(container, result)
        self.set_container(name, state)
        if result.reason in ("StartError", "OOMKilled"):
            self.event("Failed", f"Error: {result.message or 'the container exceeded its memory limit'}", True, name)
        return result.code

    async def _start(self, container: Object) -> bool:
        """Starts a container, waiting as long as its image or a Secret is missing; False if the pod is to end first."""
        name = container["name"]
        reported = None
        while not self.stopping.is_set():
            try:
                await self.backend.check_image(container["image"])
                plan = await self.plan(container)
                plan.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
                await self.backend.launch(plan)
                if read_run(plan.directory):
                    self.event("Started", f"Started container {name}", container=name)
                return True
            except ImageError as error:
                problem = _image_problem(container, error)
            except ConfigError as error:
                problem = waiting("CreateContainerConfigError", str(error))
            except Exception as error:
                log.exception("cannot start container %s of pod %s", name, self.name)
                problem = waiting("CreateContainerError", f"{type(error).__name__}: {error}")
            self.set_container(name, problem)
            if problem != reported:
                self.event("Failed", f"Error: {problem.detail.get('message', '')}", True, name)
                reported = problem
            try:
                await asyncio.wait_for(self.stopping.wait(), RETRY_SECONDS)
            except TimeoutError:
                continue
        return False

    def _terminated(self, container: Object, result: Exit) -> ContainerState:
        started = (result.started or now())[:19] + "Z"
        finished = result.finished[:19] + "Z" if result.finished else now()
        detail = {"exitCode": result.code, "reason": result.reason, "startedAt": started, "finishedAt": finished}
        message = result.message or self._termination_message(container, result)
        if message:
            detail["message"] = message
        detail["containerID"] = f"assay://{self.uid}/{container['name']}"
        return ContainerState("terminated", detail)

    def _termination_message(self, container: Object, result: Exit) -> str:
        directory = self.container_directory(container["name"])
        file = directory / "termination-log"
        message = file.read_bytes()[:MESSAGE_FILE_BYTES].decode(errors="replace") if file.exists() else ""
        from_log = container.get("terminationMessagePolicy") == "FallbackToLogsOnError"
        if not message and from_log and result.code != 0:
            message = logs.last_words(directory / "log")
        return message

    # -- planning

    async def plan(self, container: Object) -> ContainerPlan:
        """Everything the backend needs to start a container. Secrets are read afresh. Raises ConfigError."""
        values = {name: await self.secrets.read(self.namespace, name) for name in secret_names(container)}
        env = {**self.node_env, **environment(self.object, container, values)}
        directory = self.container_directory(container["name"])
        context = {**(self.spec.get("securityContext") or {}), **(container.get("securityContext") or {})}
        if context.get("runAsNonRoot") and context.get("runAsUser") == 0:
            raise ConfigError("container's runAsUser breaks non-root policy")
        limit = ((container.get("resources") or {}).get("limits") or {}).get("memory")
        return ContainerPlan(
            directory=directory,
            image=container["image"],
            name=f"assay-{self.uid[:8]}-{container['name']}",
            command=tuple(expand(word, env) for word in container.get("command") or ()),
            args=tuple(expand(word, env) for word in container.get("args") or ()),
            env=env,
            workdir=container.get("workingDir"),
            mounts=tuple(self._mounts(container, directory)),
            uid=context.get("runAsUser"),
            gid=context.get("runAsGroup"),
            memory=int(quantities.parse(limit)) if limit else None,
            read_only=bool(context.get("readOnlyRootFilesystem")),
        )

    def _mounts(self, container: Object, directory: Path) -> list[Mount]:
        mounts = []
        for mount in container.get("volumeMounts") or []:
            source = self.directory / "volumes" / mount["name"]
            for folder in (source, source / mount.get("subPath", "")):
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o777)
            source = source / mount.get("subPath", "")
            mounts.append(Mount(source, mount["mountPath"], bool(mount.get("readOnly"))))
        message = directory / "termination-log"
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        message.touch()
        message.chmod(0o666)
        mounts.append(Mount(message, container.get("terminationMessagePath", IN_NAMESPACES_ONLY), False))
        return mounts

    # -- ending

    async def _expire(self, seconds: float) -> None:
        """`activeDeadlineSeconds`, counted from the start of the pod, across restarts of the server."""
        started = datetime.datetime.fromisoformat(self.state.started)
        left = seconds - (datetime.datetime.now(datetime.UTC) - started).total_seconds()
        await asyncio.sleep(max(0.0, left))
        self.event("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
        failure = ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
        await self.end(self.spec.get("terminationGracePeriodSeconds", DEFAULT_GRACE), failure)

    async def end(self, grace: float, failure: tuple[str, str] | None = None) -> None:
        """Asks every container to end, and ends it after `grace` seconds. `failure`: why, if it was not deleted."""
        self.stopping.set()
        if failure and self.state.phase not in ("Succeeded", "Failed"):
            self.state = replace(self.state, failed=failure)
        names = [name for name, state in self.state.states.items() if not state.terminated]
        if grace > 0:
            for name in names:
                send(self.container_directory(name), signal.SIGTERM)
            await self._settles(grace)
        if not self.settled.is_set():
            self.kill()
            await self._settles(KILL_SECONDS)
        if failure:
            self.report(self.state)

    async def _settles(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.settled.wait(), seconds)
        except TimeoutError:
            return

    def kill(self) -> None:
        for name in self.state.states:
            send(self.container_directory(name), signal.SIGKILL)

    @property
    def is_stuck(self) -> bool:
        """Whether a container waits for something that only its owner can fix."""
        usual = ("PodInitializing", "ContainerCreating")
        return any(s.kind == "waiting" and s.detail.get("reason") not in usual for s in self.state.states.values())

    def forget(self) -> None:
        """Removes what the pod left on disk."""
        self.remove_directory(self.directory)

    @staticmethod
    def remove_directory(directory: Path) -> None:
        shutil.rmtree(directory, ignore_errors=True)


def _image_problem(container: Object, error: ImageError) -> ContainerState:
    if container.get("imagePullPolicy") == "Never":
        return waiting("ErrImageNeverPull", f"Container image is not present with pull policy of Never: {error}")
    return waiting("ErrImagePull", str(error))
