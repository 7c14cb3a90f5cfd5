"""Rejects objects that cannot be served as they are written: unknown fields with 400, unserved ones with 422."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from local.emulators.kubernetes import schema as schema
from local.emulators.kubernetes.errors import ApiError, bad_request, invalid
from local.emulators.kubernetes.schema import Problem, Unsupported
from local.emulators.kubernetes.store import Object

NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
ENV_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")


def problems(value: Any, table: Any, path: str) -> Iterator[Problem]:
    """Everything in `value` that `table` does not allow. A null is an absent field, as in Kubernetes."""
    if isinstance(table, Unsupported):
        if value not in (None, table.unless):
            yield Problem(path, f"is not supported by the local Kubernetes API: {table.why}")
    elif value is None:
        return
    elif isinstance(table, dict):
        if not isinstance(value, dict):
            yield Problem(path, "must be an object", unknown=True)
            return
        for key, entry in value.items():
            inner = f"{path}.{key}" if path else str(key)
            if key in table:
                yield from problems(entry, table[key], inner)
            else:
                yield Problem(inner, "unknown field", unknown=True)
    elif isinstance(table, list):
        if not isinstance(value, list):
            yield Problem(path, "must be a list", unknown=True)
            return
        for index, entry in enumerate(value):
            yield from problems(entry, table[0], f"{path}[{index}]")
    else:
        yield from table(value, path)


def _refuse(object: Object, kind: str, found: list[Problem]) -> None:
    if not found:
        return
    name = (object.get("metadata") or {}).get("name", "")
    unknown = [problem for problem in found if problem.unknown]
    if unknown:
        words = ", ".join(
            f'unknown field "{p.path}"' if p.message == "unknown field" else f"{p.path} {p.message}" for p in unknown
        )
        raise bad_request(f'{kind} in version "v1" cannot be handled as a {kind}: strict decoding error: {words}')
    raise invalid(f'{kind} "{name}" is invalid: ' + "; ".join(f"{p.path}: {p.message}" for p in found))


def _object(object: Any, kind: str, version: str, table: Any) -> Object:
    if not isinstance(object, dict):
        raise bad_request(f"the body of the request must be a {kind} in JSON")
    for key, expected in (("kind", kind), ("apiVersion", version)):
        if object.get(key) not in (None, expected):
            raise bad_request(f"{key} is {object[key]!r}; this address takes {expected}")
    _refuse(object, kind, list(problems(object, table, "")))
    cleaned: Object = _without_nulls(object)
    cleaned |= {"kind": kind, "apiVersion": version}
    cleaned.setdefault("metadata", {})
    cleaned.pop("status", None)
    return cleaned


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(entry) for key, entry in value.items() if entry is not None}
    if isinstance(value, list):
        return [_without_nulls(entry) for entry in value]
    return value


def metadata_problems(metadata: Object) -> Iterator[Problem]:
    name = metadata.get("name", "")
    if not NAME.fullmatch(name) or len(name) > 253:
        yield Problem("metadata.name", f"{name!r} must be lower case letters, digits, '-' or '.', at most 253 of them")
    for key, value in (metadata.get("labels") or {}).items():
        if not LABEL_VALUE.fullmatch(value) or len(value) > 63:
            yield Problem(
                f"metadata.labels.{key}", f"{value!r} must be letters, digits, '-', '_' or '.', at most 63 of them"
            )


def pod(object: Any) -> Object:
    """A pod as it may be stored; `metadata.name` must be filled in already. Raises ApiError."""
    cleaned = _object(object, "Pod", "v1", schema.POD)
    _refuse(cleaned, "Pod", [*metadata_problems(cleaned["metadata"]), *_pod_problems(cleaned.get("spec") or {})])
    spec = cleaned["spec"]
    spec.setdefault("terminationGracePeriodSeconds", 30)
    for container in [*(spec.get("initContainers") or []), *spec["containers"]]:
        container.setdefault("imagePullPolicy", "IfNotPresent")
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("terminationMessagePolicy", "File")
    return cleaned


def _pod_problems(spec: Object) -> Iterator[Problem]:
    if not spec.get("containers"):
        yield Problem("spec.containers", "a pod needs at least one container")
    if spec.get("restartPolicy") != "Never":
        yield Problem("spec.restartPolicy", "must be Never: the local Kubernetes API does not start containers again")
    if spec.get("activeDeadlineSeconds", 1) < 1:
        yield Problem("spec.activeDeadlineSeconds", "must be at least 1")
    volumes = [volume.get("name", "") for volume in spec.get("volumes") or []]
    yield from _duplicates(volumes, "spec.volumes")
    for index, volume in enumerate(spec.get("volumes") or []):
        if "emptyDir" not in volume:
            yield Problem(f"spec.volumes[{index}]", "only emptyDir volumes exist here")
        if not LABEL.fullmatch(volume.get("name", "")):
            yield Problem(f"spec.volumes[{index}].name", "must be lower case letters, digits and '-'")
    names = []
    for key in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(key) or []):
            names.append(container.get("name", ""))
            yield from _container_problems(container, f"spec.{key}[{index}]", set(volumes))
    yield from _duplicates(names, "spec.containers")


def _duplicates(names: list[str], path: str) -> Iterator[Problem]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(path, f'the name "{name}" is given twice')


def _container_problems(container: Object, path: str, volumes: set[str]) -> Iterator[Problem]:
    if not LABEL.fullmatch(container.get("name", "")):
        yield Problem(f"{path}.name", f"{container.get('name')!r} must be lower case letters, digits and '-'")
    if not container.get("image"):
        yield Problem(f"{path}.image", "a container needs an image")
    for index, mount in enumerate(container.get("volumeMounts") or []):
        if mount.get("name") not in volumes:
            yield Problem(
                f"{path}.volumeMounts[{index}].name", f"there is no volume {mount.get('name')!r} in spec.volumes"
            )
        if "mountPath" not in mount:
            yield Problem(f"{path}.volumeMounts[{index}].mountPath", "is required")
        if mount.get("subPath", "").startswith("/") or ".." in mount.get("subPath", "").split("/"):
            yield Problem(f"{path}.volumeMounts[{index}].subPath", "must be a relative path without ..")
    for index, variable in enumerate(container.get("env") or []):
        here = f"{path}.env[{index}]"
        if not ENV_NAME.fullmatch(variable.get("name", "")):
            yield Problem(f"{here}.name", f"{variable.get('name')!r} is not the name of an environment variable")
        origin = variable.get("valueFrom")
        if origin is not None and (len(origin) != 1 or variable.get("value")):
            yield Problem(here, "takes either a value or one valueFrom")
        for key in ("name", "key"):
            if origin and "secretKeyRef" in origin and not origin["secretKeyRef"].get(key):
                yield Problem(f"{here}.valueFrom.secretKeyRef.{key}", "is required")
    for index, source in enumerate(container.get("envFrom") or []):
        if not (source.get("secretRef") or {}).get("name"):
            yield Problem(f"{path}.envFrom[{index}].secretRef.name", "is required")


def secret(object: Any) -> Object:
    """A Secret as it may be stored, `stringData` folded into `data`. Raises ApiError, which never quotes a value."""
    try:
        cleaned = _object(object, "Secret", "v1", schema.SECRET)
    except ApiError as error:
        raise ApiError(error.code, error.reason, _without_values(error.message, object)) from None
    _refuse(cleaned, "Secret", list(metadata_problems(cleaned["metadata"])))
    data = dict(cleaned.get("data") or {})
    for key, value in data.items():
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise bad_request(f"data.{key} of the Secret is not base64") from None
    text = cleaned.pop("stringData", {})
    cleaned["data"] = data | {key: base64.b64encode(value.encode()).decode() for key, value in text.items()}
    cleaned.setdefault("type", "Opaque")
    return cleaned


def _without_values(message: str, object: Any) -> str:
    for key in ("data", "stringData"):
        values = object.get(key) if isinstance(object, dict) else None
        for value in values.values() if isinstance(values, dict) else []:
            message = message.replace(repr(value), "(value)").replace(str(value), "(value)")
    return message


def external_secret(object: Any) -> Object:
    """An ExternalSecret as it may be stored. Raises ApiError."""
    cleaned = _object(object, "ExternalSecret", "external-secrets.io/v1", schema.EXTERNAL_SECRET)
    found = list(metadata_problems(cleaned["metadata"]))
    spec = cleaned.get("spec") or {}
    if not spec.get("data") and not spec.get("dataFrom"):
        found.append(Problem("spec", "needs data or dataFrom"))
    for index, entry in enumerate(spec.get("data") or []):
        if not entry.get("secretKey"):
            found.append(Problem(f"spec.data[{index}].secretKey", "is required"))
        if not (entry.get("remoteRef") or {}).get("key"):
            found.append(Problem(f"spec.data[{index}].remoteRef.key", "is required"))
    for index, entry in enumerate(spec.get("dataFrom") or []):
        if not (entry.get("extract") or {}).get("key"):
            found.append(Problem(f"spec.dataFrom[{index}].extract.key", "is required"))
    _refuse(cleaned, "ExternalSecret", found)
    return cleaned
