"""Which fields of the served objects exist here, written as data.

A field maps to a check of its value (a function from value and path to problems), a nested table, a one-element list
(a list of such), or `Unsupported`, whose sentence says why. A field that is in no table is unknown. `HINT` marks what
is accepted without effect, because one machine has nothing to choose between; README.md lists those.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local.emulators.kubernetes import quantities
from local.emulators.kubernetes.environment import is_field


@dataclass(frozen=True)
class Unsupported:
    why: str
    unless: Any = None  # a value that asks for nothing


@dataclass(frozen=True)
class Problem:
    """`unknown` is a mistake in the request (400); otherwise the object itself cannot be served (422)."""

    path: str
    message: str
    unknown: bool = False


Check = Callable[[Any, str], Iterator[Problem]]


def _of(kind: type | tuple[type, ...], words: str) -> Check:
    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            yield Problem(path, f"must be {words}, not {value!r:.60}", unknown=True)

    return check


def _any(_value: Any, _path: str) -> Iterator[Problem]:
    return iter(())


def _one_of(*allowed: str) -> Check:
    def check(value: Any, path: str) -> Iterator[Problem]:
        if value not in allowed:
            yield Problem(path, f"{value!r} is not supported: must be {' or '.join(allowed)}")

    return check


def _strings(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict) or not all(isinstance(part, str) for part in [*value, *value.values()]):
        yield Problem(path, "must be a mapping of strings to strings (numbers and booleans in quotes)", unknown=True)


def _quantities(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(path, "must be a mapping of resource names to quantities", unknown=True)
        return
    for name, quantity in value.items():
        if name not in ("cpu", "memory", "ephemeral-storage"):
            yield Problem(f"{path}.{name}", "is not a resource this machine has: cpu, memory or ephemeral-storage")
        try:
            quantities.parse(quantity)
        except ValueError as error:
            yield Problem(f"{path}.{name}", str(error))


def _field_path(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, str) or not is_field(value):
        yield Problem(path, f"{value!r} is not a field of a pod that can be read here")


def _absolute(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, str) or not value.startswith("/") or ".." in value.split("/"):
        yield Problem(path, f"{value!r} must be an absolute path without ..")


STRING = _of(str, "a string")
BOOLEAN = _of(bool, "true or false")
NUMBER = _of(int, "a whole number")
WORDS = [STRING]
HINT = _any
ALONE = "pods here share the network and the machine"

METADATA = {
    **dict.fromkeys(("name", "generateName", "namespace", "uid", "resourceVersion", "creationTimestamp"), STRING),
    **dict.fromkeys(("managedFields", "ownerReferences", "generation", "selfLink", "deletionTimestamp"), HINT),
    "deletionGracePeriodSeconds": HINT,
    "labels": _strings,
    "annotations": _strings,
    "finalizers": Unsupported("nothing here would ever clear a finalizer", []),
}
SECRET_KEY = {"name": STRING, "key": STRING, "optional": BOOLEAN}
ENV = {
    "name": STRING,
    "value": STRING,
    "valueFrom": {
        "fieldRef": {"fieldPath": _field_path, "apiVersion": STRING},
        "secretKeyRef": SECRET_KEY,
        "configMapKeyRef": Unsupported("there are no ConfigMaps here"),
        "resourceFieldRef": Unsupported("write the number into the variable instead"),
    },
}
ENV_FROM = {
    "prefix": STRING,
    "secretRef": {"name": STRING, "optional": BOOLEAN},
    "configMapRef": Unsupported("there are no ConfigMaps here"),
}
CONTAINER_SECURITY = {
    "runAsUser": NUMBER,
    "runAsGroup": NUMBER,
    "runAsNonRoot": BOOLEAN,
    "readOnlyRootFilesystem": BOOLEAN,
    "allowPrivilegeEscalation": Unsupported("no container gains privileges here", False),
    "capabilities": {"drop": WORDS, "add": Unsupported("containers have no capabilities here", [])},
    "privileged": Unsupported("containers have no capabilities here", False),
    "procMount": _one_of("Default"),
    **dict.fromkeys(("seccompProfile", "appArmorProfile", "seLinuxOptions"), HINT),
}
CONTAINER = {
    "name": STRING,
    "image": STRING,
    "imagePullPolicy": _one_of("Always", "IfNotPresent", "Never"),
    "command": WORDS,
    "args": WORDS,
    "workingDir": STRING,
    "env": [ENV],
    "envFrom": [ENV_FROM],
    "ports": HINT,
    "resources": {
        "requests": _quantities,
        "limits": _quantities,
        "claims": Unsupported("there are no devices to claim", []),
    },
    "volumeMounts": [
        {
            "name": STRING,
            "mountPath": _absolute,
            "subPath": STRING,
            "readOnly": BOOLEAN,
            "mountPropagation": _one_of("None"),
            "subPathExpr": Unsupported("write the path out"),
        }
    ],
    "securityContext": CONTAINER_SECURITY,
    "terminationMessagePath": _absolute,
    "terminationMessagePolicy": _one_of("File", "FallbackToLogsOnError"),
    "stdin": Unsupported("nothing can be attached to a container here", False),
    "stdinOnce": Unsupported("nothing can be attached to a container here", False),
    "tty": Unsupported("nothing can be attached to a container here", False),
    "restartPolicy": Unsupported("sidecar init containers are not served here"),
    **{
        name: Unsupported("containers are not probed here")
        for name in ("livenessProbe", "readinessProbe", "startupProbe")
    },
    "lifecycle": Unsupported("lifecycle hooks are not run here"),
    "volumeDevices": Unsupported("there are no block devices here", []),
    "resizePolicy": HINT,
}
VOLUME = {
    "name": STRING,
    "emptyDir": {"medium": _one_of("", "Memory"), "sizeLimit": HINT},
}
VOLUME_KINDS = (
    "persistentVolumeClaim", "hostPath", "configMap", "secret", "projected", "downwardAPI", "nfs", "csi", "ephemeral",
    "image", "iscsi", "cephfs", "fc", "awsElasticBlockStore", "gcePersistentDisk", "azureFile", "azureDisk",
)  # fmt: skip
VOLUME |= {kind: Unsupported("only emptyDir volumes exist here") for kind in VOLUME_KINDS}
SCHEDULING = dict.fromkeys(
    (
        "nodeSelector", "nodeName", "affinity", "tolerations", "topologySpreadConstraints", "priorityClassName",
        "priority", "preemptionPolicy", "schedulerName", "serviceAccountName", "serviceAccount", "os", "dnsConfig",
        "automountServiceAccountToken", "imagePullSecrets", "dnsPolicy", "enableServiceLinks", "hostUsers",
    ),
    HINT,
)  # fmt: skip
POD_SPEC = {
    "containers": [CONTAINER],
    "initContainers": [CONTAINER],
    "volumes": [VOLUME],
    "restartPolicy": _one_of("Never"),
    "activeDeadlineSeconds": NUMBER,
    "terminationGracePeriodSeconds": NUMBER,
    "securityContext": {
        **dict.fromkeys(("runAsUser", "runAsGroup", "fsGroup"), NUMBER),
        "runAsNonRoot": BOOLEAN,
        "supplementalGroups": HINT,
        "fsGroupChangePolicy": HINT,
        "seccompProfile": HINT,
        "appArmorProfile": HINT,
        "seLinuxOptions": HINT,
        "sysctls": Unsupported(ALONE, []),
    },
    **SCHEDULING,
    "hostNetwork": Unsupported(f"{ALONE} as it is", False),
    "hostPID": Unsupported("a container sees its own processes only", False),
    "hostIPC": Unsupported("a container sees its own processes only", False),
    "shareProcessNamespace": Unsupported("a container sees its own processes only", False),
    "hostAliases": Unsupported(ALONE, []),
    "hostname": Unsupported(ALONE),
    "subdomain": Unsupported(ALONE),
    "setHostnameAsFQDN": Unsupported(ALONE, False),
    "runtimeClassName": Unsupported("there is one way to run a container here"),
    "ephemeralContainers": Unsupported("use exec to look into a container", []),
    "readinessGates": Unsupported("containers are not probed here", []),
    "schedulingGates": Unsupported("pods start at once here", []),
    "overhead": Unsupported("pods have no overhead here", {}),
    "resourceClaims": Unsupported("there are no devices to claim", []),
    "resources": Unsupported("give resources to the containers", {}),
}  # fmt: skip
KIND = {"kind": STRING, "apiVersion": STRING, "metadata": METADATA, "status": HINT}
POD = {**KIND, "spec": POD_SPEC}
SECRET = {**KIND, "type": STRING, "data": _strings, "stringData": _strings, "immutable": BOOLEAN}
REMOTE = {
    "key": STRING,
    "property": STRING,
    "conversionStrategy": _one_of("Default"),
    "decodingStrategy": _one_of("None"),
    "metadataPolicy": _one_of("None"),
    "version": Unsupported("the newest version of a secret is read here"),
}
EXTERNAL_SECRET = {
    **KIND,
    "spec": {
        "refreshInterval": HINT,
        "refreshPolicy": HINT,
        "secretStoreRef": {"name": STRING, "kind": _one_of("SecretStore", "ClusterSecretStore")},
        "target": {
            "name": STRING,
            "creationPolicy": _one_of("Owner"),
            "deletionPolicy": HINT,
            "immutable": BOOLEAN,
            "template": Unsupported("values are delivered as they are"),
        },
        "data": [{"secretKey": STRING, "remoteRef": REMOTE, "sourceRef": Unsupported("there is one store here")}],
        "dataFrom": [
            {
                "extract": REMOTE,
                "find": Unsupported("name each secret"),
                "rewrite": Unsupported("values are delivered as they are", []),
                "sourceRef": Unsupported("there is one store here"),
            }
        ],
    },
}
