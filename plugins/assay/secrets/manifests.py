"""How declared secrets reach pods: references for a pod's container, and the manifests that make them exist."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from assay.durations import written
from assay.errors import ConfigurationError
from assay.secrets.declaration import PodSecret, declared
from assay.zones import Zone

if TYPE_CHECKING:
    from kubernetes.client.models import V1EnvFromSource

STORE = "aws-secrets-manager"
REFRESHED_WITHIN = timedelta(minutes=1)


def env_from(names: Sequence[str], zone: str) -> "list[V1EnvFromSource]":
    """The whole of each named secret as environment of a container that works for `zone`.

    Raises ConfigurationError, so that a DAG does not parse, for a secret that is not declared, that is another zone's,
    or that sets a name which another of them sets too.
    """
    from kubernetes.client.models import V1EnvFromSource, V1SecretEnvSource

    return [V1EnvFromSource(secret_ref=V1SecretEnvSource(name=secret.name)) for secret in chosen(names, zone)]


def chosen(names: Sequence[str], zone: str) -> list[PodSecret]:
    """The declared secrets of these names, checked as `env_from` says."""
    known = declared([zone])
    allowed = sorted(name for name, secret in known.items() if zone in secret.zones)
    found: list[PodSecret] = []
    for name in names:
        if name not in known:
            near = get_close_matches(name, allowed, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"zone {zone} may have {', '.join(allowed)}"
            raise ConfigurationError(
                f'secret "{name}" is not declared for zone {zone} in plugins/assay/secrets/pods.yml ({hint})'
            )
        if zone not in known[name].zones:
            raise ConfigurationError(
                f'secret "{name}" is not for zone {zone}; add it to its `zones` in plugins/assay/secrets/pods.yml'
            )
        for other in found:
            if both := sorted(set(other.env) & set(known[name].env)):
                raise ConfigurationError(
                    f'secrets "{other.name}" and "{name}" both set {", ".join(both)}; a pod can have only one of them'
                )
        found.append(known[name])
    return found


def external_secrets(zones: Iterable[Zone], environment: str, namespace: str) -> list[dict[str, Any]]:
    """An ExternalSecret for each declared secret: the cluster copies its JSON object's keys into a Secret of its name.

    A changed value arrives within a minute, and the next pod has it: rotation needs no deploy.
    """
    return [
        {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "metadata": {
                "name": secret.name,
                "namespace": namespace,
                "labels": {"app.kubernetes.io/part-of": "assay", "assay/environment": environment},
            },
            "spec": {
                "refreshInterval": written(REFRESHED_WITHIN),
                "secretStoreRef": {"kind": "ClusterSecretStore", "name": STORE},
                "target": {"name": secret.name, "creationPolicy": "Owner"},
                "dataFrom": [{"extract": {"key": secret.key}}],
            },
        }
        for secret in declared(zone.zone for zone in zones).values()
    ]
