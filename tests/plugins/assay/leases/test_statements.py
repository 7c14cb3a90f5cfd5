"""What a killed pod has sent to the warehouse is ended there before another run builds: it changes nothing any more."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from assay.leases import RunLease, ZoneIsTaken, patience
from assay.leases.statements import end_statements
from assay.warehouse import Warehouse, WarehouseError
from assay.zones import ServiceRole, Zone
from tests.plugins.assay.conftest import Account, Provisioned, provision

pytestmark = pytest.mark.core

ZONE = "weather"
WITHOUT_END = "select count_if(a.n = b.n) as n from {0} a, {0} b"


@pytest.fixture
def provisioned(account: Account, zones: list[Zone]) -> Provisioned:
    return provision(account, [zone for zone in zones if zone.zone in (ZONE, "flights")])


@pytest.fixture
def publisher(provisioned: Provisioned) -> Warehouse:
    return provisioned.login_as(ZONE, ServiceRole.PUBLISHER)


@pytest.fixture
def sent(provisioned: Provisioned) -> Callable[..., Sent]:
    return lambda zone=ZONE, writes=False, **tag: Sent(provisioned, zone, tag, writes=writes)


class Sent:
    """A statement of the zone's transformer that ends in some minutes: what a model's pod sends.

    The embedded warehouse has one writer at a time, so that of several one may write.
    """

    def __init__(self, provisioned: Provisioned, zone: str, tag: dict[str, str], *, writes: bool) -> None:
        names = provisioned.names(zone)
        self._look, self._session = (provisioned.login_as(zone, ServiceRole.TRANSFORMER) for _ in range(2))
        self._database, self._thread = names.database, threading.Thread(target=self._run)
        self.failure: WarehouseError | None = None
        self.table = names.schema("silver.model")
        numbers = "select seq8() n from table(generator(rowcount => 3000000))"
        if writes:
            self._look.execute(f"create or replace table {self.table} as select 1 as n")
        without_end = f"select count_if(a.n = b.n) as n from ({numbers}) a, ({numbers}) b"
        self._statement = f"create or replace table {self.table} as {without_end}" if writes else without_end
        if tag:
            self._session.execute(f"alter session set query_tag = '{json.dumps(tag)}'")
        self._number = self._session.execute("select current_session() as n")[0]["n"]
        self._thread.start()
        self.wait_until_it_runs()

    def _run(self) -> None:
        try:
            self._session.execute(self._statement)
        except WarehouseError as error:
            self.failure = error

    def running(self) -> list[str]:
        rows = self._look.execute(
            f"""select query_id from table({self._database}.information_schema.query_history_by_warehouse(
                result_limit => 10000)) where end_time is null and session_id = %(session)s""",
            {"session": self._number},
        )
        return [str(row["query_id"]) for row in rows]

    def wait_until_it_runs(self) -> None:
        deadline = time.monotonic() + 20
        while not self.running():
            assert self.failure is None
            assert time.monotonic() < deadline

    def end(self) -> None:
        for query in self.running():
            self._look.execute("select system$cancel_query(%(query)s)", {"query": query})
        self._thread.join(30)
        assert not self._thread.is_alive()

    @property
    def was_cancelled(self) -> bool:
        self._thread.join(30)
        return self.failure is not None and self.failure.code == 604


@contextmanager
def ended(*sent: Sent) -> Iterator[None]:
    try:
        yield
    finally:
        for each in sent:
            each.end()


def lease(provisioned: Provisioned, run_id: str) -> RunLease:
    return RunLease(provisioned.names(ZONE), run_id, lambda _: False)


def test_a_run_is_alone_once_statements_of_other_runs_are_cancelled(
    provisioned: Provisioned, publisher: Warehouse, sent: Callable[..., Sent]
) -> None:
    lease(provisioned, "run2").take(publisher)
    of_other, untagged = sent(writes=True, run="run1", task="silver.a.run"), sent()
    of_other_zone = sent("flights", run="run1", task="silver.b.run")
    with ended(of_other, untagged, of_other_zone):
        lease(provisioned, "run2").be_alone(publisher, lambda: [])
        assert of_other.was_cancelled
        assert publisher.execute(f"select n from {of_other.table}") == [{"n": 1}]
        assert untagged.was_cancelled
        assert of_other_zone.running()
        own = sent(run="run2", task="silver.a.run")
        with ended(own):
            lease(provisioned, "run2").be_alone(publisher, lambda: [])
            assert own.running()


def test_a_later_try_cancels_what_its_own_task_has_sent_before(
    provisioned: Provisioned, publisher: Warehouse, sent: Callable[..., Sent]
) -> None:
    earlier, beside = sent(run="run1", task="silver.a.run"), sent(run="run1", task="silver.b.run")
    with ended(earlier, beside):
        left = end_statements(publisher, provisioned.names(ZONE), lambda tag: tag.get("task") == "silver.a.run")
        assert left == []
        assert earlier.was_cancelled
        assert beside.running()


def test_a_role_that_may_not_cancel_says_so(
    provisioned: Provisioned, account: Account, sent: Callable[..., Sent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 0.0)
    names = provisioned.names(ZONE)
    publisher = names.role(ServiceRole.PUBLISHER)
    admin = account.admin()
    admin.execute(f"grant monitor on warehouse {names.warehouse} to role {publisher}")
    admin.execute(f"revoke operate on warehouse {names.warehouse} from role {publisher}")
    lease(provisioned, "run2").take(provisioned.login_as(ZONE, ServiceRole.PUBLISHER))
    left = sent(run="run1")
    with ended(left), pytest.raises(WarehouseError, match="Insufficient privileges"):
        lease(provisioned, "run2").be_alone(provisioned.login_as(ZONE, ServiceRole.PUBLISHER), lambda: [])


class Deaf:
    """A warehouse in which one statement never ends."""

    def execute(self, sql: str, params: object = None) -> list[dict[str, object]]:
        if "cancel_query" in sql:
            return [{"cancelled": "query [q1] terminated."}]
        if "query_history" in sql:
            return [{"query_id": "q1", "query_tag": "no JSON"}]
        return [{"run_id": "run2", "alone_since": None}]


def test_a_run_waits_for_a_statement_that_does_not_end(
    provisioned: Provisioned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 0.0)
    with pytest.raises(ZoneIsTaken, match=r"cancelled and have not ended yet: q1\. Run run2 waits until"):
        lease(provisioned, "run2").be_alone(Deaf(), lambda: [])  # type: ignore[arg-type]
