"""Permissions: who may do what in the warehouse, as `dags/config/<environment>/roles.yml` says; planned, then applied.

Terraform owns databases, schemas, warehouses and the zones' roles; the file owns who has them. `plan` is pure: from a
file and a snapshot to a list of who gains and who loses what. `drift.differences` is pure, too: from what should be in
an account (`expected`: Terraform's rights, the file, releases) and what is there (`account`). Depends on the zones'
grants and on a warehouse to ask; Airflow only in `drift_dag`.
"""

from assay.permissions.apply import PermissionsRefused, apply, guard
from assay.permissions.model import Grant, Snapshot, Thing, User
from assay.permissions.plan import Plan, plan
from assay.permissions.snapshot import read
from assay.permissions.spec import Spec, load

__all__ = [
    "Grant",
    "PermissionsRefused",
    "Plan",
    "Snapshot",
    "Spec",
    "Thing",
    "User",
    "apply",
    "guard",
    "load",
    "plan",
    "read",
]
