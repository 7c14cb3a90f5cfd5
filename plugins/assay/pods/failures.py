"""Why a pod failed: a sentence for people and a decision for Airflow. From the pod's JSON; no Kubernetes, no Airflow.

An error that a program reports is final: a failed test fails again however often it is run. What happened to the
program is worth another try: a lost node, an eviction, an image or a secret that is not there yet, a warehouse that
went away.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.pods.results import is_result
from assay.pods.run_values import as_written
from assay.refused_logins import refused_login
from assay.secrets.names import pod_key

Json = Mapping[str, Any]

TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: a program's own way to say that another try may succeed
KILLED = {137: "SIGKILL", 143: "SIGTERM"}
NOT_STARTED = ("ContainerCannotRun", "StartError", "CreateContainerError")
IMAGE_TROUBLE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable")
CONFIG_TROUBLE = ("CreateContainerConfigError",)
LINES_SHOWN = 12
LONGEST = 1500

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_CLOCK = re.compile(r"^\d\d:\d\d:\d\d(\.\d+)?(\s{1,2}|$)")
_CONNECTION_LOST = re.compile(
    r"failed to connect to db|connection (?:refused|reset|aborted)|remote end closed connection|max retries exceeded|"
    r"name or service not known|temporary failure in name resolution|"
    r"session no longer exists|session has expired|"  # Snowflake's 390111 and 390112: it has restarted meanwhile
    r"\b50[234]\b:? (?:bad gateway|service unavailable|gateway time)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Failure:
    """`sentence` says what happened, its first line alone being enough; `again` whether another try makes sense.

    `program_failed` says that the program itself ended with an error, and was not ended by anything else.
    """

    sentence: str
    again: bool
    program_failed: bool = False


def lost(name: str) -> Failure:
    return Failure(f"Pod {name} no longer exists in the cluster and reported no exit status.", again=True)


def failure(pod: Json, container: str) -> Failure | None:
    """Why the pod failed, or None if it succeeded. `container` names the one that does the work."""
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    if status.get("phase") == "Succeeded":
        return None
    if disruption := _disruption(status):
        return Failure(f"Pod {name} was taken off its node: {disruption}", again=True)
    if status.get("reason") == "DeadlineExceeded":
        deadline = pod["spec"].get("activeDeadlineSeconds")
        return Failure(f"Pod {name} was ended because it ran longer than its deadline of {deadline} s.", again=False)
    state = _state(status, container)
    if "terminated" in state:
        return _ended(pod, container, state["terminated"])
    if trouble := start_trouble(pod, container):
        return trouble
    said = _sentence(status.get("reason"), status.get("message")) or f"its phase is {status.get('phase')}."
    return Failure(f"Pod {name} failed and its container says nothing: {said}", again=True)


def start_trouble(pod: Json, container: str) -> Failure | None:
    """What keeps a pod from starting, if something is known to."""
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    waiting = _state(status, container).get("waiting") or {}
    reason, said = waiting.get("reason", ""), waiting.get("message") or "no more is said."
    if reason in IMAGE_TROUBLE:
        return Failure(
            f"Pod {name} cannot pull image {_container(pod, container)['image']} ({reason}): {said}", again=True
        )
    if reason in CONFIG_TROUBLE:
        return Failure(
            f"Pod {name} references a Secret or ConfigMap that is missing ({reason}): {said.rstrip('.')}. A pod's "
            f"secret has its value in AWS Secrets Manager, under assay/pods/<name>; see docs/secrets.md.",
            again=True,
        )
    if reason in NOT_STARTED:
        return Failure(f"Pod {name} cannot start its program ({reason}): {said}", again=False)
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return Failure(
                f"Pod {name} found no node: {condition.get('message') or condition.get('reason')}", again=True
            )
    return None


def last_lines(message: str) -> str:
    """The end of what a program said, without colours, clocks and empty lines."""
    lines = [_CLOCK.sub("", _COLOURS.sub("", line)).rstrip() for line in message.splitlines() if not is_result(line)]
    return "\n".join([line for line in lines if line][-LINES_SHOWN:])[-LONGEST:]


def _ended(pod: Json, container: str, ended: Json) -> Failure | None:
    name, code, reason = pod["metadata"]["name"], ended.get("exitCode"), ended.get("reason") or "Error"
    if code == 0:
        return None
    said = last_lines(ended.get("message") or "")
    tail = f"\n{said}" if said else ""
    if reason == "OOMKilled":
        limit = (_container(pod, container).get("resources") or {}).get("limits", {}).get("memory", "none")
        return Failure(
            f"Pod {name} ran out of memory: it was killed at its limit of {limit}. Give it more.{tail}", again=False
        )
    if reason in NOT_STARTED:
        return Failure(f"Pod {name} cannot start its program ({reason}).{tail}", again=False)
    command = " ".join(_shown(_container(pod, container).get("command") or ()))
    if code in KILLED:
        return Failure(
            f"Pod {name} was stopped from outside by {KILLED[code]}, while it ran `{command}`.{tail}", again=True
        )
    if refused := refused_login(said, _secrets(_container(pod, container))):
        return Failure(
            f"{refused}\n`{command}` ended with exit code {code} in pod {name}.{tail}", True, program_failed=True
        )
    again = code == TRY_AGAIN or connection_lost(said)
    return Failure(f"`{command}` ended with exit code {code} in pod {name}.{tail}", again, program_failed=True)


def _secrets(container: Json) -> str:
    """Names in Secrets Manager of what a container gets as its environment."""
    names = [each["secretRef"]["name"] for each in container.get("envFrom") or () if each.get("secretRef")]
    return " or ".join(map(pod_key, names)) or "a secret of this pod"


def connection_lost(said: str) -> bool:
    """Whether a program's words say that the warehouse, or the way to it, was away for a moment."""
    return bool(_CONNECTION_LOST.search(said))


def _shown(command: Sequence[str]) -> Iterator[str]:
    """A command short enough for a sentence."""
    limit = 8
    yield from map(as_written, command[:limit])
    if len(command) > limit:
        yield "…"


def _disruption(status: Json) -> str:
    for condition in status.get("conditions") or ():
        if condition["type"] == "DisruptionTarget" and condition["status"] == "True":
            return _sentence(condition.get("reason"), condition.get("message"))
    # Reasons of the kubelet and the node lifecycle controller; DisruptionTarget replaces them where it is set.
    if status.get("reason") in (
        "Evicted",
        "NodeLost",
        "Preempting",
        "Shutdown",
        "Terminated",
        "NodeShutdown",
        "NodeAffinity",
    ):
        return _sentence(status["reason"], status.get("message"))
    return ""


def _sentence(reason: str | None, message: str | None) -> str:
    return ": ".join(part for part in (reason, message) if part)


def _state(status: Json, container: str) -> Json:
    for entry in status.get("containerStatuses") or ():
        if entry["name"] == container:
            state: Json = entry.get("state") or {}
            return state
    return {}


def _container(pod: Json, container: str) -> Json:
    found: Json = next(entry for entry in pod["spec"]["containers"] if entry["name"] == container)
    return found
