"""Rotation of secrets under a running platform: which secrets rotate and how, and the steps in their order.

`kinds` and `key_plan` are pure; `keys` and the other modules carry a plan out. Depends on secrets, vault, warehouse and
Airbyte's configuration.
"""

from assay.rotation.kinds import Kind, RotationError, Subject, pick, subjects
from assay.rotation.rotate import Rotation

__all__ = ["Kind", "Rotation", "RotationError", "Subject", "pick", "subjects"]
