"""Pods: the one operator that everything heavy runs in, and in a sentence why a pod failed.

Depends on settings, secrets and zones.
"""

from assay.pods.operator import PodOperator

__all__ = ["PodOperator"]
