"""How old the newest values of an approved table are, by a contract's `freshness`."""

from assay.contracts.contract import Contract, Kind, Rule
from assay.sql import templates
from assay.warehouse import Warehouse
from assay.zones import ZoneNames

render = templates(__file__)


def read_ages(warehouse: Warehouse, names: ZoneNames, contract: Contract) -> list[tuple[Rule, int, float | None]]:
    """Each rule of an age with the rows of the approved table and the newest value's age in seconds, None where there
    is no value."""
    rules = [rule for rule in contract.rules if rule.kind is Kind.AGE]
    if not rules:
        return []
    approved = names.approved(contract.table)
    (there,) = warehouse.execute(
        render("approved_exists", database=names.database, approved=approved.rpartition(".")[2])
    )
    if not there["tables"]:
        return [(rule, 0, None) for rule in rules]
    (ages,) = warehouse.execute(render("ages", approved=approved, rules=rules))
    return [(rule, int(ages["checked"]), None if (age := ages[rule.flag]) is None else float(age)) for rule in rules]
