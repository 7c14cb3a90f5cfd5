"""Statements of other runs: what a killed pod has sent runs on in the warehouse, and would still commit there.

A session that has lost its client is kept (`ABORT_DETACHED_QUERY` is false by default, and needs minutes where it is
not), so each statement that should not go on is cancelled. A transaction that such a session leaves open commits
nothing; Snowflake rolls it back once it has kept another one waiting for five minutes
(https://docs.snowflake.com/en/sql-reference/transactions).
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from assay.leases.patience import looks
from assay.sql import templates
from assay.warehouse import Warehouse, WarehouseError
from assay.zones import ServiceRole, ZoneNames

Tag = Mapping[str, Any]
"""What dbt says of a statement (dbt/macros/platform/set_query_tag.sql): `zone`, `node`, `run`, `task`, `commit`."""

render = templates(__file__)
log = logging.getLogger(__name__)


def end_statements(warehouse: Warehouse, names: ZoneNames, is_left: Callable[[Tag], bool]) -> list[str]:
    """Cancel what the zone's transformer runs and `is_left` says of, and return the ids of what has not ended.

    What has no tag yet is asked with an empty one. Needs OPERATE on the zone's warehouse, or the transformer's own
    login. Raises WarehouseError where the role may not cancel a statement that runs on.
    """
    refused: dict[str, WarehouseError] = {}
    left: list[str] = []
    for _ in looks():
        left = [query for query, tag in _running(warehouse, names) if is_left(tag)]
        if not left:
            return []
        for query in left:
            log.info("Statement %s has outlived the pod that sent it: it is cancelled.", query)
            try:
                warehouse.execute(render("cancel"), {"query": query})
            except WarehouseError as error:  # it may just have ended
                refused[query] = error
    if left[0] in refused:
        raise refused[left[0]]
    return left


def _running(warehouse: Warehouse, names: ZoneNames) -> list[tuple[str, Tag]]:
    rows = warehouse.execute(
        render("running", database=names.database),
        {"warehouse": names.warehouse, "user": names.role(ServiceRole.TRANSFORMER)},
    )
    return [(str(row["query_id"]), _tag(row["query_tag"])) for row in rows]


def _tag(text: str | None) -> Tag:
    try:
        tag = json.loads(text or "{}")
    except ValueError:
        return {}
    return tag if isinstance(tag, dict) else {}
