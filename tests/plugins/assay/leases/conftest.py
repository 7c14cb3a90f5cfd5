"""The local Kubernetes API of the pod operator's tests."""

from tests.plugins.assay.pods.conftest import cluster, flights, settings

__all__ = ["cluster", "flights", "settings"]
