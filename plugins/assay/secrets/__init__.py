"""Secrets: what pods may get is declared once, in pods.yml beside this file; values never pass through this code.

In the cluster the External Secrets operator copies them from AWS Secrets Manager, by the manifests made here; on one
machine the local Kubernetes API does the same. Depends on the zone model only.
"""

from assay.secrets.declaration import PodSecret, declared
from assay.secrets.manifests import chosen, env_from, external_secrets
from assay.secrets.names import connection_key, pod_key, variable_key

__all__ = [
    "PodSecret",
    "chosen",
    "connection_key",
    "declared",
    "env_from",
    "external_secrets",
    "pod_key",
    "variable_key",
]
