"""Pods: the one operator that everything heavy runs in, and why a pod failed, in a sentence. Depends on zones, secrets, settings."""

from assay.pods.operator import PodOperator

__all__ = ["PodOperator"]
