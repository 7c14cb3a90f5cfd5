"""The ledger of node results on the embedded warehouse: who may write it, how it is read, and what is dropped."""

from __future__ import annotations

import pytest

from assay.fitness import unfit
from assay.fitness.graph import checked_graph
from assay.fitness.ledger import prune, read_approvals, read_results
from assay.warehouse import WarehouseError
from assay.zones import ServiceRole
from tests.plugins.assay.conftest import Provisioned
from tests.plugins.assay.transform.manifests import Project

pytestmark = pytest.mark.core

ZONE = "weather"


def write(provisioned: Provisioned, *rows: tuple[str, str, str, int], checksum: str = "sum") -> None:
    """Node, status, invocation and minute of each row, as dbt's hooks write them."""
    names = provisioned.names(ZONE)
    transformer = provisioned.login_as(ZONE, ServiceRole.TRANSFORMER)
    for node, status, invocation, minute in rows:
        transformer.execute(
            f"insert into {names.ledger}.node_results select '{node}', '{status}', '{invocation}', 'run1', 'c0ffee', "
            f"'{checksum}', 3, '2026-01-01 00:{minute:02d}:00'::timestamp_ntz"
        )


def test_an_invocations_rows_are_one_attempt(provisioned: Provisioned) -> None:
    write(provisioned, ("m", "started", "a", 1), ("m", "success", "a", 2), ("m", "started", "b", 3))
    found = read_results(provisioned.login_as(ZONE, ServiceRole.PUBLISHER), provisioned.names(ZONE))
    assert [(each.invocation, each.status, each.started_at.minute, each.failures) for each in found] == [
        ("a", "success", 1, 3),
        ("b", None, 3, 3),
    ]
    assert (found[0].run_id, found[0].checksum) == ("run1", "sum")


def test_pruning_keeps_what_decides(provisioned: Provisioned) -> None:
    project = Project()
    gold = project.model("m", "weather/gold")
    project.test("t", [gold], "weather")
    graph = checked_graph(project.manifest, ZONE)
    test = "test.assay.t"
    write(
        provisioned,
        (gold, "started", "a", 1), (gold, "success", "a", 2), (test, "started", "b", 3), (test, "fail", "b", 4),
        (gold, "started", "c", 5), (gold, "success", "c", 6), (test, "started", "d", 7), (test, "pass", "d", 8),
        (test, "started", "e", 9), (gold, "started", "f", 10), (gold, "skipped", "f", 11), checksum="",
    )  # fmt: skip
    publisher, names = provisioned.login_as(ZONE, ServiceRole.PUBLISHER), provisioned.names(ZONE)
    before = unfit(graph, read_results(publisher, names), {})
    prune(publisher, names)
    after = read_results(publisher, names)
    assert [each.invocation for each in after] == ["c", "d", "e", "f"]
    assert unfit(graph, after, {}) == before == []
    prune(publisher, names)
    assert read_results(publisher, names) == after


def test_nobody_but_dbts_own_login_writes_results(provisioned: Provisioned) -> None:
    names = provisioned.names(ZONE)
    for service_role in (ServiceRole.LOADER, ServiceRole.TRANSFORMER):
        with pytest.raises(WarehouseError):
            provisioned.login_as(ZONE, service_role).execute(f"delete from {names.ledger}.node_results")
    with pytest.raises(WarehouseError):
        provisioned.login_as(ZONE, ServiceRole.LOADER).execute(f"select * from {names.ledger}.node_results")


def test_approvals_are_those_that_changed_rows(provisioned: Provisioned) -> None:
    names, admin = provisioned.names(ZONE), provisioned.account.admin()
    for load, status, rows, minute in (("L1", "approved", 5, 1), ("L2", "approved", 0, 2), ("L3", "refused", 5, 3)):
        admin.execute(
            f"insert into {names.ledger}.loads (load_id, zone, source, table_name, run_id, branch, status, "
            f"rows_landed, rows_approved, rows_quarantined, backfill, landed_at, finished_at) select '{load}', "
            f"'{ZONE}', 'files', 'weather', 'r', 'b', '{status}', 5, {rows}, 0, false, "
            f"'2026-01-01'::timestamp_ntz, '2026-01-01 00:{minute:02d}:00'::timestamp_ntz"
        )
    found = read_approvals(provisioned.login_as(ZONE, ServiceRole.PUBLISHER), names)
    assert {table: approved.minute for table, approved in found.items()} == {"SRC_WEATHER": 1}
