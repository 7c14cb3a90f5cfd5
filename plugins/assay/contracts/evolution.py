"""What must be done to an existing table before rows of a contract's present version fit into it."""

from collections.abc import Mapping
from dataclasses import dataclass

from assay.contracts.contract import Contract
from assay.contracts.sql_types import Existing
from assay.errors import AssayError


class ContractClash(AssayError):
    """The contract has changed in a way that the approved table cannot follow."""


@dataclass(frozen=True)
class NewColumn:
    name: str
    type: str


def missing_columns(contract: Contract, approved: str, existing: Mapping[str, Existing]) -> list[NewColumn]:
    """The columns to add to the approved table, given its present ones by name.

    A column that the contract no longer has stays, and keeps what it holds. Raises ContractClash for a type that
    changed.
    """
    added = []
    for column in contract.columns:
        present = existing.get(column.name)
        if present is None:
            added.append(NewColumn(column.name, column.type.stored))
        elif present.family is not column.type.family or (present.scale or 0) != column.type.scale:
            raise ContractClash(
                f'{contract.table}: the contract wants "{column.name}" as {column.type.stored}, but {approved} holds '
                f"it as {_spoken(present)}. A column cannot change its type: give the new one another name, or move "
                f"the table out of the way and fill it again with a backfill"
            )
    return added


def _spoken(present: Existing) -> str:
    return present.data_type.lower() + (f" with {present.scale} decimals" if present.scale else "")
