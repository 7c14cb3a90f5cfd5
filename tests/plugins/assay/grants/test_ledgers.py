"""A ledger that an earlier version made is brought up to date by the statements that make a new one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from assay import load_ledger, sql
from assay.grants import zone_grants
from assay.releases import ledger as releases
from assay.zones import ZoneNames
from tests.plugins.assay.conftest import Account

pytestmark = pytest.mark.core

NAMES = ZoneNames("local", "flights")
LEDGERS: dict[str, Callable[[ZoneNames], list[str]]] = {
    "registers": load_ledger.ddl,
    "releases": releases.ddl,
    "zone": zone_grants.ledger_ddl,
}
TABLE = re.compile(r"create table if not exists (\S+) \((.*)\)", re.S)
VIEW = re.compile(r"create view if not exists \S+ .*", re.S)
ADDED = re.compile(r"alter table (\S+) add column if not exists (\w+) (.+)", re.S)

COLUMNS = """
    select table_name, column_name, ordinal_position, data_type, is_nullable, numeric_precision, numeric_scale
    from {database}.information_schema.columns where table_schema = 'LEDGER' order by 1, 3
"""


def columns(body: str) -> dict[str, str]:
    """What stands in the parentheses of a create statement, by column."""
    return dict(line.strip().removesuffix(",").split(" ", 1) for line in body.strip().splitlines())


def as_first_made(statements: list[str]) -> list[str]:
    """The tables without the columns that were added since."""
    added = {(match[1], match[2]) for each in statements if (match := ADDED.fullmatch(each))}
    found = []
    for each in statements:
        if match := TABLE.fullmatch(each):
            kept = [f"{name} {rest}" for name, rest in columns(match[2]).items() if (match[1], name) not in added]
            found.append(f"create table {match[1]} ({', '.join(kept)})")
    return found


@pytest.mark.parametrize("ledger", LEDGERS)
def test_each_added_column_is_in_the_table_as_a_new_environment_gets_it(ledger: str) -> None:
    tables: dict[str, dict[str, str]] = {}
    for statement in LEDGERS[ledger](NAMES):
        if match := TABLE.fullmatch(statement):
            tables[match[1]] = columns(match[2])
            continue
        if VIEW.fullmatch(statement):
            continue
        match = ADDED.fullmatch(statement)
        assert match, f"neither makes a table nor adds a column if it is missing: {statement}"
        assert tables[match[1]].get(match[2]) == match[3]
        assert "default" not in match[3], "Snowflake takes no default beside `if not exists`"
        assert "not null" not in match[3], "rows of earlier versions have no value for it"


@pytest.mark.parametrize("ledger", LEDGERS)
def test_an_older_ledger_ends_up_with_the_columns_of_a_new_one(account: Account, ledger: str) -> None:
    admin = account.admin()
    found = []
    for age in ("new", "old"):
        database = f"{ledger}_{age}".upper()
        admin.execute(f"create database {database}")
        admin.execute(f"create schema {database}.ledger")
        statements = [
            each.replace(schema, f"{database}.LEDGER") for each in LEDGERS[ledger](NAMES) for schema in (NAMES.ledger,)
        ]
        for statement in [*(as_first_made(statements) if age == "old" else ()), *statements, *statements]:
            admin.execute(statement)
        rows = admin.execute(COLUMNS.format(database=database))
        found.append({(row["table_name"], row["column_name"]): {**row, "ordinal_position": None} for row in rows})
    assert found[0] == found[1]
    assert bool(found[0]) == bool(LEDGERS[ledger](NAMES))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("select 1;\nselect 2;\n", ["select 1", "select 2"]),
        ("select ';\n' as a;select 2", ["select ';\n' as a", "select 2"]),
        (
            "select 'it''s; so' ; select 'a\\\\'; select 'b\\'; c'",
            ["select 'it''s; so'", "select 'a\\\\'", "select 'b\\'; c'"],
        ),
        ('select "a;""b" from t;', ['select "a;""b" from t']),
        ("-- first; of all\nselect 1 // and; then\n, 2; /* no; thing */", ["select 1  \n, 2"]),
        ("select $$a;'b$$; select 1 - 2 / 3", ["select $$a;'b$$", "select 1 - 2 / 3"]),
        ("select '--' ; select 'http://a;b'", ["select '--'", "select 'http://a;b'"]),
        (" ;;\n;", []),
    ],
)
def test_a_script_is_split_where_a_statement_ends(script: str, expected: list[str]) -> None:
    assert sql.statements(script) == expected


@pytest.mark.parametrize("script", ["select 'a;", 'select 1;\nselect "a', "/* a", "select $$a"])
def test_what_is_never_closed_is_refused(script: str) -> None:
    with pytest.raises(ValueError, match=r"line \d: the \S+ that begins here is never closed"):
        sql.statements(script)
