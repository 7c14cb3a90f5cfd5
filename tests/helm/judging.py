"""What is asked of every object a chart makes, beyond Kubernetes' own schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]

_TEXT = {"type": "string", "minLength": 1}


def _closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(properties),
        "properties": properties,
    }


EXTERNAL_SECRETS = {
    "ExternalSecret": _closed(
        refreshInterval={"type": "string", "pattern": r"^\d+[smh]$"},
        secretStoreRef=_closed(kind={"const": "ClusterSecretStore"}, name=_TEXT),
        target=_closed(name=_TEXT, creationPolicy={"const": "Owner"}),
        dataFrom={"type": "array", "minItems": 1, "items": _closed(extract=_closed(key=_TEXT))},
    ),
    "ClusterSecretStore": _closed(
        conditions={"type": "array", "minItems": 1, "items": _closed(namespaces={"type": "array", "minItems": 1})},
        provider=_closed(
            aws=_closed(
                service={"const": "SecretsManager"},
                region=_TEXT,
                auth=_closed(jwt=_closed(serviceAccountRef=_closed(name=_TEXT, namespace=_TEXT))),
            )
        ),
    ),
}
"""The part of external-secrets.io/v1 that we use, by its documentation: Kubernetes' schemas do not know these kinds."""


def named(objects: list[Object], kind: str) -> dict[str, Object]:
    return {each["metadata"]["name"]: each for each in objects if each["kind"] == kind}


def pod_specs(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Every pod that these objects would start."""
    for each in objects:
        title = f"{each['kind']} {each['metadata']['name']}"
        if each["kind"] == "Pod":
            yield title, each["spec"]
        elif each["kind"] == "CronJob":
            yield title, each["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        elif "template" in each.get("spec", {}):
            yield title, each["spec"]["template"]["spec"]


def wrong_with_pods(objects: list[Object]) -> list[str]:
    """Containers that may be root, write to their image, gain rights, or use the node without a limit."""
    found = []
    for title, spec in pod_specs(objects):
        of_pod = spec.get("securityContext", {})
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            where = f"{title}: container {container['name']}"
            own = of_pod | container.get("securityContext", {})
            limits = container.get("resources", {}).get("limits", {})
            image = container["image"].partition("@")[0].rpartition("/")[2]
            asked = {
                "may be root": own.get("runAsNonRoot") is True and own.get("runAsUser") != 0,
                "can write to its image": own.get("readOnlyRootFilesystem") is True,
                "may gain rights": own.get("allowPrivilegeEscalation") is False,
                "keeps capabilities": own.get("capabilities", {}).get("drop") == ["ALL"],
                "has no seccomp profile": own.get("seccompProfile", {}).get("type") == "RuntimeDefault",
                "has no limits": {"cpu", "memory"} <= limits.keys(),
                "has an unpinned image": ":" in image and not image.endswith(":latest"),
            }
            found += [f"{where} {problem}" for problem, holds in asked.items() if not holds]
    return found
