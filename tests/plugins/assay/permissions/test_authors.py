"""Which statement of the query history made a difference."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from assay.permissions.authors import Statement, author
from assay.permissions.drift import Difference
from assay.permissions.standing import Standing
from tests.plugins.assay.kept import Kept

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def ran(text: str, minutes: float = 0, user: str = "EVE") -> Statement:
    return Statement(user, "ACCOUNTADMIN", text, NOON + timedelta(minutes=minutes))


MEMBER = Difference("user LENA: role X_OWNER: granted", ("GRANT",), ("LENA", "X_OWNER"), (), NOON, "SECURITYADMIN")
TABLE = Difference("role PUBLIC: SELECT on table D.S.T: granted", ("GRANT",), ("PUBLIC", "T"), ("S", "D"), NOON, "A")
LOST = Difference("role R: USAGE on database D: not granted", ("REVOKE", "REPLACE", "DROP"), ("R", "D"), ())
PASSWORD = Difference("user LENA: password is set", ("ALTER", "CREATE"), ("LENA",), ("PASSWORD",))
MANAGE = Difference("role R: MANAGE GRANTS on account: granted", ("GRANT",), ("R", "MANAGE GRANTS"), (), NOON, "A")
HYPHEN = Difference("role GITLAB-CI: role X: granted", ("GRANT",), ("GITLAB-CI", "X"), (), NOON, "A")


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (MEMBER, "grant role x_owner to user lena"),
        (MEMBER, "/* for now */ GRANT ROLE\n  x_owner TO USER lena -- only today"),
        (TABLE, "grant select on d.s.t to role public"),
        (TABLE, "grant select on all tables in schema d.s to role public"),
        (TABLE, "grant select on all tables in database d to public"),
        (LOST, "revoke usage on database d from role r"),
        (LOST, "revoke all on database D from r"),
        (PASSWORD, "alter user lena set password = '****'"),
        (PASSWORD, "alter user if exists lena set email = 'x', password = '****'"),
        (MANAGE, "grant create role, manage grants on account to role r"),
        (HYPHEN, 'grant role x to role "GITLAB-CI"'),
    ],
)
def test_the_statement_that_made_it_is_found_among_others(difference: Difference, text: str) -> None:
    others = [
        ran("grant role x_owner to user anna", 0.1, "OTHER"),
        ran("grant role x_analyst to user lena", 0.1, "OTHER"),
        ran("grant select on d.s.u to role public", 0.1, "OTHER"),
        ran("revoke usage on database e from role r", 5, "OTHER"),
        ran("alter user lena set comment = 'x'", 5, "OTHER"),
        ran("alter user anna set password = '****'", 5, "OTHER"),
        ran("grant create role on account to role r", 0.1, "OTHER"),
        ran("grant role x to role gitlab", 0.1, "OTHER"),
    ]
    for seed in range(20):
        statements = [*others, ran(text)]
        random.Random(seed).shuffle(statements)
        assert author(difference, statements) == "by EVE with role ACCOUNTADMIN, 2026-01-31 12:00 UTC"


def test_of_several_the_latest_counts_or_the_one_at_the_time_of_the_grant() -> None:
    again = [ran("alter user lena set password = '****'", -60, "FIRST"), ran("alter user lena set password = '****'")]
    assert author(PASSWORD, again).startswith("by EVE ")
    later = [ran("grant role x_owner to user lena"), ran("grant role x_owner to user lena", 60, "LATER")]
    assert author(MEMBER, later).startswith("by EVE ")


def test_what_the_history_does_not_show_yet_is_said() -> None:
    assert author(MEMBER, [ran("grant role x_owner to user lena", -60)]) == (
        "by role SECURITYADMIN, 2026-01-31 12:00 UTC; the query history does not show the user yet"
    )
    assert author(LOST, []) == "the query history does not show by whom"


def test_a_difference_that_could_not_be_posted_is_posted_the_next_time() -> None:
    """Whatever interrupts a look, each difference is noted after it is posted, and not before."""
    standing = Standing(Kept())
    every = [Difference(f"user {number}: exists") for number in range(9)]
    posted: list[str] = []
    for seed in range(200):
        chance = random.Random(seed)
        found = [each for each in every if chance.random() < 0.6]
        new = standing.to_report(found)
        part = new[: chance.randrange(len(new) + 1)]  # killed after these
        standing.reported(part, found)
        posted += [each.about for each in part]
        assert [each for each in standing.to_report(found) if each in part] == []
        assert set(new) - set(part) == set(standing.to_report(found))
    assert set(posted) == {each.about for each in every}
