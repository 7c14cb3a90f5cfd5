"""The environment of a container, from its spec, its pod and the values of the Secrets it names. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from local.emulators.kubernetes.store import Object

_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
_INDEXED = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")
FIELDS = ("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
          "status.hostIP", "status.podIP", "status.podIPs")  # fmt: skip


class ConfigError(Exception):
    """The container cannot be given its environment yet; Kubernetes shows this as CreateContainerConfigError."""


def secret_names(container: Object) -> set[str]:
    """The Secrets a container needs a value from."""
    names = {source["secretRef"]["name"] for source in container.get("envFrom") or []}
    for variable in container.get("env") or []:
        reference = (variable.get("valueFrom") or {}).get("secretKeyRef")
        if reference:
            names.add(reference["name"])
    return names


def environment(pod: Object, container: Object, secrets: Mapping[str, Mapping[str, str] | None]) -> dict[str, str]:
    """`secrets`: name → values, or None for a Secret that does not exist. Later entries win; `$(NAME)` is expanded."""
    result: dict[str, str] = {"HOSTNAME": pod["metadata"]["name"]}
    for source in container.get("envFrom") or []:
        reference = source["secretRef"]
        values = secrets[reference["name"]]
        if values is None:
            if not reference.get("optional"):
                raise ConfigError(f'secret "{reference["name"]}" not found')
            continue
        result.update({source.get("prefix", "") + key: value for key, value in values.items()})
    for variable in container.get("env") or []:
        value = _value(pod, variable, secrets)
        if value is not None:
            result[variable["name"]] = expand(value, result) if "value" in variable else value
    return result


def _value(pod: Object, variable: Object, secrets: Mapping[str, Mapping[str, str] | None]) -> str | None:
    origin = variable.get("valueFrom")
    if not origin:
        return str(variable.get("value") or "")
    if "fieldRef" in origin:
        return field(pod, origin["fieldRef"]["fieldPath"])
    reference = origin["secretKeyRef"]
    values = secrets[reference["name"]]
    if values is not None and reference["key"] in values:
        return values[reference["key"]]
    if reference.get("optional"):
        return None
    if values is None:
        raise ConfigError(f'secret "{reference["name"]}" not found')
    raise ConfigError(
        f"couldn't find key {reference['key']} in Secret {pod['metadata']['namespace']}/{reference['name']}"
    )


def field(pod: Object, path: str) -> str:
    """The downward API: a field of the pod, or one of its labels or annotations."""
    if match := _INDEXED.fullmatch(path):
        return str((pod["metadata"].get(match[1]) or {}).get(match[2], ""))
    found: Any = pod
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return ",".join(entry["ip"] for entry in found) if isinstance(found, list) else str(found or "")


def is_field(path: str) -> bool:
    return path in FIELDS or bool(_INDEXED.fullmatch(path))


def expand(text: str, environment: Mapping[str, str]) -> str:
    """`$(NAME)` → its value, if there is one; `$$(NAME)` → `$(NAME)`."""

    def replacement(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else environment.get(match[1], match[0])

    return _REFERENCE.sub(replacement, text)
