"""Parts of a pod, each made once: a model of the Kubernetes client is slow to make, and a large zone has thousands of
pods that ask for the same."""

from functools import cache

from assay.import_speed import uncollected
from assay.secrets import env_from

with uncollected():
    from kubernetes.client import models


@cache
def requirements(cpu: str, memory: str) -> models.V1ResourceRequirements:
    """Return limits that are requests, too."""
    quantities = {"cpu": cpu, "memory": memory}
    return models.V1ResourceRequirements(requests=quantities, limits=quantities)


@cache
def toleration(*keys: tuple[str, str | None]) -> models.V1Toleration:
    """Return the toleration with these keys."""
    return models.V1Toleration(**dict(keys))


@cache
def references(secrets: tuple[str, ...], zone: str) -> tuple[models.V1EnvFromSource, ...]:
    """Return what brings these declared secrets into a container's environment."""
    return tuple(env_from(secrets, zone))
