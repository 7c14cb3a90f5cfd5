"""What somebody changes by hand is reported once, with who and when; what is put right is what the file decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest

from assay.permissions import apply, plan, read
from assay.permissions.account import read_account
from assay.warehouse import Row
from tests.plugins.assay.alerts.inbox import Inbox
from tests.plugins.assay.permissions.conftest import Company, Look, public_key
from tests.plugins.assay.permissions.hand import UNKNOWN, Hand, everything

WHO = re.compile(r"by ASSAY_ADMIN with role ACCOUNTADMIN, \d{4}-\d\d-\d\d \d\d:\d\d UTC")


def posted(inbox: Inbox) -> list[str]:
    """The lines of all messages. Chat markup keeps addresses from becoming links with a space of no width."""
    texts = [text.replace("\u200b", "") for text in inbox.texts]
    return [line for text in texts for line in text.split("```")[1].strip().splitlines()]


def hands(local: Company) -> list[Hand]:
    return everything(public_key(local.provisioned.account))


@pytest.mark.core
def test_every_change_by_hand_is_posted_once_with_who_and_when(look: Look, inbox: Inbox, local: Company) -> None:
    look()
    assert inbox.texts == [], "nothing differs"
    changes = hands(local)
    assert len({each.do for each in changes}) >= 90, "at least 60 kinds, and others beside them"
    expected = sorted(line for each in changes for line in each.lines)
    try:
        local.admin(*(each.do for each in changes))
        assert sorted(look()["differences"]) == expected
        lines = posted(inbox)
        assert sorted(line.rpartition("; ")[0] for line in lines) == expected
        assert [line for line in lines if not WHO.fullmatch(line.rpartition("; ")[2])] == []
        look()
        assert posted(inbox) == lines, "each is posted once while it stands"
    finally:
        local.admin(*(undo for each in reversed(changes) for undo in each.undoing))
    assert look()["differences"] == []
    assert posted(inbox) == lines
    local.admin(changes[1].do)
    look()
    local.admin(changes[1].undo)
    assert len(posted(inbox)) == len(lines) + 1, "it came back, and is posted again"


@pytest.mark.core
def test_repair_changes_what_the_plan_says_and_nothing_else(local: Company) -> None:
    changes = hands(local)
    try:
        local.admin(*(each.do for each in changes if "create role on account" not in each.do))
        before = read_account(local.manager)
        done = plan(local.spec, read(local.manager, local.spec))
        assert {change.grant.on.name for change in done.revokes} >= {"LOCAL_WEATHER_OWNER", "LOCAL_FLIGHTS.BRONZE"}
        assert apply(local.manager, local.spec, max_revokes=100) == done
        after = read_account(local.manager)
        named = {(each.to, each.on.kind, each.privilege) for each in before.held.keys() ^ after.held.keys()}
        planned = [change.grant for change in (*done.revokes, *done.grants)]
        assert named == {(each.to, each.on.kind, each.privilege) for each in planned}
        assert len(before.held.keys() ^ after.held.keys()) == len(planned)
        assert after.owners == before.owners
        assert after.roles == before.roles
        touched = {name for name, user in after.users.items() if before.users[name] != user}
        assert touched == {each.user for each in done.settings} <= local.spec.people.keys()
    finally:
        local.admin(*(undo for each in reversed(changes) for undo in each.undoing))


def test_somebody_who_left_is_posted_at_every_look_until_the_user_is_gone(
    look: Look, inbox: Inbox, local: Company
) -> None:
    file = local.file.read_text()
    local.file.write_text(f"{file}  - old_hand: {{member_of: [local_reader]}}\n")
    local.apply()
    assert look()["differences"] == []
    local.file.write_text(file)
    local.apply()
    about = (
        "user OLD_HAND: was made from config/local/roles.yml, is no longer in it, and still exists; drop user OLD_HAND"
    )
    try:
        assert look()["differences"] == [about]
        assert look()["differences"] == [about]
        assert [line.rpartition("; ")[0] for line in posted(inbox)] == [about, about]
    finally:
        local.admin("drop user old_hand")
    assert look()["differences"] == []


class Watched:
    """The manager's warehouse; before and after each of its statements, a reader reads."""

    def __init__(self, company: Company, reader: Any) -> None:
        self._warehouse, self._reader = company.manager, reader
        self.reads = 0

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        self._read()
        rows = self._warehouse.execute(sql, params)
        self._read()
        return rows

    def transaction(self) -> AbstractContextManager[None]:
        return self._warehouse.transaction()

    def _read(self) -> None:
        assert self._reader.execute("select count(*) as n from local_flights.gold.seen") == [{"n": 1}]
        self.reads += 1


def test_repair_does_not_interrupt_a_reader(local: Company) -> None:
    """What is given comes before what is taken: a right that stays is never missing in between."""
    local.admin(
        "create table local_flights.gold.seen as select 1 as a",
        "grant ownership on table local_flights.gold.seen to role local_flights_publisher copy current grants",
        "grant select on table local_flights.gold.seen to role local_flights_analyst",
        "alter user anna_keller set password = 'only-for-tests'",
        # by hand: the role that she should have is replaced by another that reads the same
        "grant role local_flights_analyst to user anna_keller",
        "revoke role local_flights_owner from user anna_keller",
        "grant role local_weather_owner to user anna_keller",
    )
    try:
        reader = local.provisioned.account.connect(
            "anna_keller", password="only-for-tests", role="LOCAL_FLIGHTS_ANALYST"
        )
        watched = Watched(local, reader)
        done = apply(watched, local.spec)
        assert len(done.revokes) == 2
        assert watched.reads > 10
    finally:
        local.admin("drop table local_flights.gold.seen", "alter user anna_keller unset password")
        local.apply()


def test_where_the_history_cannot_be_read_the_difference_is_posted_all_the_same(
    look: Look, inbox: Inbox, local: Company
) -> None:
    grant = "database role snowflake.governance_viewer"
    local.admin(f"revoke {grant} from role assay_permissions", "grant role accountadmin to user lena_brandt")
    try:
        look()
    finally:
        local.admin(f"grant {grant} to role assay_permissions", "revoke role accountadmin from user lena_brandt")
    (text,) = inbox.texts
    assert f"user LENA_BRANDT: role ACCOUNTADMIN{UNKNOWN}; by role ACCOUNTADMIN, " in text
    assert "The query history could not be read: " in text
