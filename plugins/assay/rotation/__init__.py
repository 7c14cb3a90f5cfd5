"""Rotation of secrets under a running platform: which secrets rotate and how, and the steps in their order.

`kinds`, `key_plan`, `login_plan` and what `given` computes are pure; the issuers (`access_keys`, `airbyte_clients`,
`passwords`) and `rotate` carry a plan out. Depends on secrets, secrets manager, warehouse and Airbyte's client.
"""

from assay.rotation.kinds import Kind, RotationError, Subject, pick, subjects
from assay.rotation.rotate import Rotation

__all__ = ["Kind", "Rotation", "RotationError", "Subject", "pick", "subjects"]
