"""Column changes that bring an existing table up to its contract's current version."""

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


def check_key(contract: Contract, approved: str, existing: Mapping[str, Existing]) -> None:
    """Raise ContractClash if the approved table's rows were merged by another key than the contract's.

    The table says it itself: the columns of its key, and they alone, were made `not null`. Under another key, old rows
    would stay beside the new ones that should take their place.
    """
    before = {name for name, column in existing.items() if not column.nullable and not name.startswith("_")}
    if before and before != set(contract.key):
        raise ContractClash(
            f"{contract.table}: the contract's key is now {', '.join(contract.key)}, but the rows of {approved} were "
            f"merged by {', '.join(sorted(before))}, and under another key some would stay there twice. Write "
            f"primaryKey as before, or name the table otherwise in zone.yml and its contract, or move {approved} out "
            f"of the way and fill it again with a backfill"
        )


def _spoken(present: Existing) -> str:
    return present.data_type.lower() + (f" with {present.scale} decimals" if present.scale else "")
