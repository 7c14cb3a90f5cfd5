"""Every rule of rights and of COPY holds as Snowflake documents it, or what it needs is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from snowflake.connector import DictCursor, ProgrammingError, SnowflakeConnection
from snowflake.connector.cursor import SnowflakeCursor

from .conformance import copy_rules, grant_rules, object_rules, session_rules
from .conformance.answers import Error, Refused, same
from .conformance.rules import ADMIN, ONE, TWO, Column, Denied, Missing, Put, Rule
from .conftest import Connect, run

MODULES = (grant_rules, object_rules, session_rules, copy_rules)
FEWEST = 80
CASES = [(page, rule) for module in MODULES for page, rules in module.RULES.items() for rule in rules]

MISSING, DENIED = 2003, 3001
PASSWORD = "only-for-tests"


def test_there_are_enough_rules() -> None:
    assert len(CASES) >= FEWEST
    assert len({rule.says for _, rule in CASES}) == len(CASES), "two rules say the same"


class People:
    """The sessions of one rule, each opened when it is first needed."""

    def __init__(self, connect: Connect, database: str, rule: Rule) -> None:
        self._connect, self._database = connect, database
        self.names = {"db": database, "one": f"{database}_ONE", "two": f"{database}_TWO"}
        self._sessions = {ADMIN: connect(database=database, schema="S")}
        used = {step[0] for step in rule.steps if not isinstance(step, Put)}
        needed = [who for who in (ONE, TWO) if who in used or any(f"{{{who}}}" in str(step) for step in rule.steps)]
        for who in needed:
            name = self.names[who]
            run(
                self._sessions[ADMIN],
                f"create role {name}",
                f"create user {name} password = '{PASSWORD}' default_role = {name} default_warehouse = compute_wh "
                f"{rule.makes or 'default_secondary_roles = ()'}",
                f"grant role {name} to user {name}",
                f"grant usage on warehouse compute_wh to role {name}",
                f"grant usage on database {database} to role {name}",
                f"grant usage on schema s to role {name}",
            )

    def session(self, who: str) -> SnowflakeConnection:
        if who not in self._sessions:
            self._sessions[who] = self._connect(
                user=self.names[who], password=PASSWORD, database=self._database, schema="S"
            )
        return self._sessions[who]


def differs(connection: SnowflakeConnection, statement: str, answer: Any) -> str | None:
    """How the answer to one step differs from the documented one."""
    try:
        with connection.cursor(DictCursor if isinstance(answer, Column) else SnowflakeCursor) as cursor:
            rows: Any = cursor.execute(statement).fetchall()  # type: ignore[union-attr]
    except ProgrammingError as error:
        match answer:
            case Missing():
                wanted = error.errno == MISSING
            case Denied():
                wanted = error.errno == DENIED
            case Error(text=text) | Refused(name=text):
                wanted = text in str(error.msg)
            case _:
                wanted = False
        return None if wanted else f"{statement}: {error.msg}, not {answer!r}"
    if answer is None:
        return None
    if isinstance(answer, Missing | Denied | Error | Refused):
        return f"{statement}: {rows!r}, not {answer!r}"
    if isinstance(answer, Column):
        rows, answer = [tuple(row[name] for name in answer.names) for row in rows], answer.rows
    if len(rows) == len(answer) and all(
        len(row) == len(wanted_row) and all(map(same, wanted_row, row))
        for row, wanted_row in zip(rows, answer, strict=True)
    ):
        return None
    return f"{statement}: {rows!r}, not {answer!r}"


def filled(value: Any, names: dict[str, str]) -> Any:
    """Statements and answers with the names of this rule's database and roles in them."""
    match value:
        case str():
            for key, name in names.items():
                value = value.replace(f"{{{key}}}", name)
            return value
        case Column():
            return Column(value.names, filled(list(value.rows), names))
        case Error():
            return Error(filled(value.text, names))
        case list():
            return [filled(each, names) for each in value]
        case tuple():
            return tuple(filled(each, names) for each in value)
    return value


@pytest.mark.parametrize(("page", "rule"), CASES, ids=lambda case: case.says if isinstance(case, Rule) else None)
def test_the_rule_holds(connect: Connect, database: str, s3: Any, page: str, rule: Rule) -> None:
    people = People(connect, database, rule)
    for step in rule.steps:
        if isinstance(step, Put):
            s3.put_object(Bucket="landing", Key=f"{database}/{step.name}", Body=step.content)
            continue
        who, statement, *rest = step
        answer = filled(rest[0], people.names) if rest else None
        difference = differs(people.session(who), filled(statement, people.names), answer)
        assert difference is None, f"{page}, {rule.says}: {who}: {difference}"
