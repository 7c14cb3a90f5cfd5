"""Pod status as functions of what is known about its containers: phase, conditions and the status of each container."""

from dataclasses import dataclass, field, replace
from typing import Any

from local.emulators.kubernetes.store import Object, now

NODE = "assay"
ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class ContainerState:
    """One container: waiting (with a reason), running since, or terminated."""

    kind: str = "waiting"
    detail: dict[str, Any] = field(default_factory=lambda: {"reason": "PodInitializing"})

    @property
    def terminated(self) -> bool:
        return self.kind == "terminated"

    @property
    def code(self) -> int | None:
        return self.detail["exitCode"] if self.terminated else None


def waiting(reason: str, message: str = "") -> ContainerState:
    return ContainerState("waiting", {"reason": reason, **({"message": message} if message else {})})


def running(started: str) -> ContainerState:
    return ContainerState("running", {"startedAt": started[:19] + "Z"})


@dataclass(frozen=True)
class PodState:
    """What the lifecycle knows of a pod; `phase` and `reason` are given when they do not follow from the containers."""

    init: dict[str, ContainerState]
    main: dict[str, ContainerState]
    started: str
    failed: tuple[str, str] | None = None  # reason and message of a pod that was ended from outside

    def with_container(self, name: str, state: ContainerState) -> "PodState":
        if name in self.init:
            return replace(self, init={**self.init, name: state})
        return replace(self, main={**self.main, name: state})

    @property
    def states(self) -> dict[str, ContainerState]:
        return {**self.init, **self.main}

    @property
    def phase(self) -> str:
        if self.failed or any(state.code not in (None, 0) for state in self.init.values()):
            return "Failed"
        if all(state.terminated for state in self.main.values()):
            return "Succeeded" if not any(state.code for state in self.main.values()) else "Failed"
        # Pending while any container waits, as the kubelet has it: who sees Running may ask any container for its log.
        return "Pending" if any(state.kind == "waiting" for state in self.main.values()) else "Running"


def status(pod: Object, state: PodState) -> dict[str, Any]:
    """The `status` of a pod object; conditions keep the time of their last change from the status before."""
    before = {condition["type"]: condition for condition in pod.get("status", {}).get("conditions", [])}
    initialized = all(container.code == 0 for container in state.init.values())
    ready = state.phase == "Running" and all(container.kind == "running" for container in state.main.values())
    over = state.phase in ("Succeeded", "Failed")
    reason = "PodCompleted" if state.phase == "Succeeded" else "PodFailed" if over else "ContainersNotReady"
    conditions = [
        _condition("PodScheduled", True, "", before),
        _condition("Initialized", initialized, "" if initialized else "ContainersNotInitialized", before),
        _condition("ContainersReady", ready, "" if ready else reason, before),
        _condition("Ready", ready, "" if ready else reason, before),
    ]
    specs = pod["spec"]
    result: dict[str, Any] = {
        "phase": state.phase,
        "conditions": conditions,
        "hostIP": ADDRESS,
        "podIP": ADDRESS,
        "podIPs": [{"ip": ADDRESS}],
        "startTime": state.started,
        "qosClass": quality_of_service(specs),
        "containerStatuses": [_container(c, state.main[c["name"]], pod) for c in specs["containers"]],
    }
    if state.init:
        inits = specs["initContainers"]
        result["initContainerStatuses"] = [_container(c, state.init[c["name"]], pod) for c in inits]
    if state.failed:
        result["reason"], result["message"] = state.failed
    return result


def _condition(kind: str, holds: bool, reason: str, before: dict[str, Any]) -> dict[str, Any]:
    value = "True" if holds else "False"
    old = before.get(kind)
    changed = old["lastTransitionTime"] if old and old["status"] == value else now()
    extra = {"reason": reason} if reason else {}
    return {"type": kind, "status": value, "lastProbeTime": None, "lastTransitionTime": changed, **extra}


def _container(spec: Object, state: ContainerState, pod: Object) -> dict[str, Any]:
    is_running = state.kind == "running"
    identity = f"assay://{pod['metadata']['uid']}/{spec['name']}"
    return {
        "name": spec["name"],
        "image": spec["image"],
        "imageID": spec["image"] if state.kind != "waiting" else "",
        **({"containerID": identity} if state.kind != "waiting" else {}),
        "state": {state.kind: state.detail},
        "lastState": {},
        "ready": is_running,
        "started": is_running,
        "restartCount": 0,
    }


def quality_of_service(spec: Object) -> str:
    """Guaranteed, Burstable or BestEffort, by the rule in the Kubernetes documentation on quality of service."""
    containers = [*spec["containers"], *(spec.get("initContainers") or [])]
    wants = [container.get("resources") or {} for container in containers]
    if not any(want.get("requests") or want.get("limits") for want in wants):
        return "BestEffort"
    for want in wants:
        limits = want.get("limits") or {}
        requests = {**limits, **(want.get("requests") or {})}
        if not {"cpu", "memory"} <= limits.keys() or any(requests[name] != limits[name] for name in ("cpu", "memory")):
            return "Burstable"
    return "Guaranteed"
