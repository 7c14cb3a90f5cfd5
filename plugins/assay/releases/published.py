"""What a release promises to other zones: the tables that it publishes keep their columns and their types.

The promise is what is live, so there is no list to keep. Readers' models are built against it.
"""

from collections.abc import Mapping, Sequence

from assay.releases.ledger import render
from assay.warehouse import Warehouse
from assay.zones import Zone, ZoneNames
from assay.zones.names import CANDIDATE, GOLD

Columns = Mapping[str, str]
"""The type of each column by its name, both as the information schema shows them."""

WAY_OUT = (
    "Other zones read it: publish the change as a new version of the model beside it, move the readers, then take the "
    "old one out of `publishes` in zones/{zone}/zone.yml (docs/modelling.md)."
)


def broken_promises(warehouse: Warehouse, names: ZoneNames, zone: Zone) -> str:
    """Return what the candidate takes away from tables that are live and published, a line each; empty if nothing."""
    if not zone.publishes:
        return ""
    tables = [table.upper() for table in zone.publishes]
    found: dict[str, dict[str, dict[str, str]]] = {GOLD: {}, CANDIDATE: {}}
    for row in warehouse.execute(render("columns", names=names, schemas=list(found), tables=tables)):
        scale = row["numeric_scale"]
        written = row["data_type"] + (f" with {int(scale)} decimals" if scale else "")
        found[row["table_schema"]].setdefault(row["table_name"], {})[row["column_name"]] = written
    changes = breaking_changes(found[GOLD], found[CANDIDATE])
    return "\n".join([*changes, WAY_OUT.format(zone=zone.zone)]) if changes else ""


def breaking_changes(live: Mapping[str, Columns], candidate: Mapping[str, Columns]) -> Sequence[str]:
    """Return a sentence for each live table or column that is gone and each type that differs. New ones break nothing.

    Both map tables to their columns. A longer text or more digits is no other type; other decimals are.
    """
    sentences = []
    for table, columns in sorted(live.items()):
        if table not in candidate:
            sentences.append(f"The published table {table} is not in the candidate.")
            continue
        kept = candidate[table]
        for column, type_ in columns.items():
            if column not in kept:
                sentences.append(f"The published table {table} has no column {column} any more.")
            elif kept[column] != type_:
                sentences.append(f"{column} of the published table {table} is {kept[column]}, and {type_} is live.")
    return sentences
