"""Contracts: what a landed table must look like before it is approved, and the check of each load against it.

Reading and checking are functions from data to data; SQL does the counting where the data is. Depends on the load
ledger and zones.
"""

from typing import TYPE_CHECKING

from assay.contracts.contract import Column, Contract, Rule, Severity
from assay.contracts.reader import load_contract

if TYPE_CHECKING:
    from assay.contracts.operator import ApproveOperator
    from assay.settings import Settings
    from assay.zones import Source, Zone


def approve(zone: "Zone", source: "Source", settings: "Settings") -> "ApproveOperator":
    """The task `approve.<table>`: what the source landed in this run is approved, or kept in quarantine.

    Raises ConfigurationError when the table's contract is written wrongly.
    """
    from assay.contracts.operator import ApproveOperator

    return ApproveOperator(
        task_id=source.table,
        zone=zone,
        source=source,
        environment=settings.environment,
        contract=load_contract(settings.dags_folder / "zones" / zone.zone, source.table),
    )


__all__ = ["Column", "Contract", "Rule", "Severity", "approve", "load_contract"]
