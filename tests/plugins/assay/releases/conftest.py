"""A zone's gold on the embedded warehouse, as the pipeline would fill it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from assay.releases.ledger import Release
from assay.releases.lifecycle import Releases
from assay.warehouse import Row, Warehouse
from assay.zones import ServiceRole, Zone
from assay.zones.readers import GoldReaders, gold_readers
from tests.plugins.assay.conftest import Account, Provisioned, provision

ZONE = "weather"


@pytest.fixture(autouse=True)
def no_pods(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pods of other runs: none, unless a test adds one. `leases/test_pods.py` has them in a cluster."""
    left: list[str] = []
    monkeypatch.setattr("assay.leases.tasks._end_other_runs", lambda k8s, zone, run_id: left)
    return left


class Cut(Exception):
    """The process is killed here."""


class Interrupted:
    """A login whose process dies right before its n-th statement (transactions it leaves open are lost).

    Statements about rights are not counted unless `rights` says so: `test_closed.py` is about them."""

    def __init__(self, inner: Warehouse, cut_before: int, *, rights: bool = False) -> None:
        self._inner, self._rights = inner, rights
        self._left = cut_before
        self.statements: list[str] = []

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        if not self._rights and sql.startswith(("grant", "revoke", "show")):
            return self._inner.execute(sql, params)
        if self._left == 0:
            raise Cut(sql)
        self._left -= 1
        self.statements.append(sql)
        return self._inner.execute(sql, params)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.execute("begin")
        try:
            yield
        except BaseException:
            self._inner.execute("rollback")
            raise
        try:
            self.execute("commit")
        except Cut:
            self._inner.execute("rollback")
            raise


class GoldZone:
    """The weather zone, with the steps of its pipeline that concern releases."""

    def __init__(self, provisioned: Provisioned) -> None:
        self.provisioned = provisioned
        self.names = provisioned.names(ZONE)
        self.zone = provisioned.zone(ZONE)
        self.publisher = provisioned.login_as(ZONE, ServiceRole.PUBLISHER)
        self.transformer = provisioned.login_as(ZONE, ServiceRole.TRANSFORMER)

    def releases(self, cut_before: int | None = None, *, rights: bool = False) -> Releases:
        return self.verbs(self.login(cut_before, rights=rights))

    def verbs(self, login: Warehouse) -> Releases:
        return Releases(login, self.names, self.readers)

    def readers(self) -> GoldReaders:
        """Today's."""
        return gold_readers(self.zone, self.names.environment, self.provisioned.zones)

    def login(self, cut_before: int | None = None, *, rights: bool = False) -> Warehouse:
        return self.publisher if cut_before is None else Interrupted(self.publisher, cut_before, rights=rights)

    def begin(self, run_id: str) -> Release:
        return self.releases().begin(run_id, "c0ffee", "airflow")

    def build(self, *hours: int) -> None:
        """What dbt does in the candidate: replaces its tables."""
        schema = self.names.schema("GOLD_NEXT")
        values = ", ".join(f"({hour})" for hour in hours)
        self.transformer.execute(
            f"create or replace table {schema}.hourly_weather copy grants as "
            f"select column1 as hour from values {values}"
        )
        self.transformer.execute(
            f"create or replace table {schema}.daily_weather copy grants as select count(*) as hours "
            f"from {schema}.hourly_weather"
        )

    def publish(self, release: Release, run_id: str, releases: Releases | None = None) -> Release:
        verbs = releases or self.releases()
        return verbs.publish(release.release_id, run_id, "airflow")

    def release(self, run_id: str, *hours: int) -> Release:
        candidate = self.begin(run_id)
        self.build(*hours)
        return self.publish(candidate, run_id)

    def hours(self, login: Warehouse | None = None, schema: str = "GOLD") -> list[int]:
        """What a reader sees."""
        rows = (login or self.publisher).execute(
            f"select hour from {self.names.schema(schema)}.hourly_weather order by 1"
        )
        return [int(row["hour"]) for row in rows]

    def statuses(self) -> dict[str, str]:
        """Status by run."""
        return {release.run_id: release.status.value for release in self.releases().history()}


@pytest.fixture
def gold(account: Account, zones: list[Zone]) -> GoldZone:
    """In an account where no other zone reads from it."""
    return GoldZone(provision(account, [zone for zone in zones if zone.zone == ZONE]))


@pytest.fixture
def read_gold(provisioned: Provisioned) -> GoldZone:
    """In an account where other zones do."""
    return GoldZone(provisioned)
