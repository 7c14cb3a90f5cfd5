"""What SHOW USERS and DESCRIBE USER say of a user, and who reads the query history.

Sources: docs.snowflake.com, SHOW USERS, DESCRIBE USER, CREATE USER (DEFAULT_SECONDARY_ROLES), SNOWFLAKE database roles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from snowflake.connector import ProgrammingError, SnowflakeConnection

from .conftest import Person, run


def shown(connection: SnowflakeConnection, name: str) -> dict[str, Any]:
    cursor = connection.cursor().execute(f"show users like '{name}'")
    assert cursor is not None
    (row,) = cursor.fetchall()
    return dict(zip([column.name for column in cursor.description or ()], row, strict=True))


def test_secondary_roles_are_all_unless_they_are_set(admin: SnowflakeConnection, database: str) -> None:
    one, two = f"{database}_ONE", f"{database}_TWO"
    run(admin, f"create user {one}", f"create user {two} default_secondary_roles = () email = 'two@example.com'")
    assert shown(admin, one)["default_secondary_roles"] == '["ALL"]'
    assert shown(admin, two)["default_secondary_roles"] == "[]"
    assert shown(admin, two)["email"] == "two@example.com"
    run(admin, f"alter user {one} set default_secondary_roles = ()")
    run(admin, f"alter user {two} set default_secondary_roles = ('ALL')")
    assert (shown(admin, one)["default_secondary_roles"], shown(admin, two)["default_secondary_roles"]) == (
        "[]", '["ALL"]',
    )  # fmt: skip
    with pytest.raises(ProgrammingError, match="invalid value"):
        run(admin, f"alter user {one} set default_secondary_roles = ('SYSADMIN')")


def test_what_a_user_logs_in_with_is_shown_and_can_be_unset(admin: SnowflakeConnection, database: str) -> None:
    name = f"{database}_PERSON"
    run(admin, f"create user {name} type = person login_name = 'p@example.com' network_policy = office")
    run(admin, f"alter user {name} set mins_to_bypass_mfa = 60 password = 'only-for-tests'")
    row = shown(admin, name)
    assert (row["login_name"], row["has_password"], row["mins_to_bypass_mfa"]) == ("p@example.com", "true", "60")
    described = {property: value for property, value, *_ in run(admin, f"describe user {name}")}
    assert described["NETWORK_POLICY"].upper() == "OFFICE"
    assert described["PASSWORD"] == "********"
    run(admin, f"alter user {name} unset network_policy, password, mins_to_bypass_mfa")
    described = {property: value for property, value, *_ in run(admin, f"describe user {name}")}
    assert (described["NETWORK_POLICY"], described["PASSWORD"]) == ("null", "null")


def test_only_the_user_its_owner_and_who_manages_grants_describe_it(person: Callable[[str], Person]) -> None:
    one, other = person("one"), person("other")
    assert run(one.connect(), f"describe user {one.role}")
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
        run(one.connect(), f"describe user {other.role}")


def test_the_query_history_is_read_by_the_database_role_that_may(
    admin: SnowflakeConnection, person: Callable[[str], Person]
) -> None:
    one = person("one")
    history = "select user_name from snowflake.account_usage.query_history where query_text ilike '%governance_viewer%'"
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
        run(one.connect(), history)
    with pytest.raises(ProgrammingError, match="Insufficient privileges"):
        run(one.connect(), f"grant database role snowflake.governance_viewer to role {one.role}")
    run(admin, f"grant database role snowflake.governance_viewer to role {one.role}")
    assert ("ASSAY_ADMIN",) in run(one.connect(), history)
    held = run(admin, f"show grants to role {one.role}")
    assert ("USAGE", "DATABASE_ROLE", "SNOWFLAKE.GOVERNANCE_VIEWER") in [tuple(row[1:4]) for row in held]
    run(admin, f"revoke database role snowflake.governance_viewer from role {one.role}")
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
        run(one.connect(), history)
    with pytest.raises(ProgrammingError, match="does not support database roles"):
        run(admin, f"grant database role local.mine to role {one.role}")
