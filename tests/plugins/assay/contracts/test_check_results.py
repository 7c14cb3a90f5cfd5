"""From counts to results and sentences."""

from __future__ import annotations

import pytest

from assay.contracts import Column, Contract, Rule, Severity
from assay.contracts.check_results import check_files, check_rule, refusal
from assay.contracts.contract import Bound, Kind
from assay.contracts.evolution import ContractClash, NewColumn, missing_columns
from assay.contracts.sql_types import Existing, Family, SqlType, parse_type
from assay.load_ledger import Item

CONTRACT = Contract(
    "readings",
    "1",
    (Column("station", SqlType(Family.TEXT), "", key=True), Column("value", SqlType(Family.NUMBER, 6, 2), "")),
    (),
)


@pytest.mark.parametrize(
    ("comparison", "values", "holding", "breaking"),
    [
        ("mustBe", (3,), [3], [2, 4]),
        ("mustNotBe", (3,), [2, 4], [3]),
        ("mustBeGreaterThan", (3,), [4], [3]),
        ("mustBeGreaterOrEqualTo", (3,), [3], [2]),
        ("mustBeLessThan", (3,), [2], [3]),
        ("mustBeLessOrEqualTo", (3,), [3], [4]),
        ("mustBeBetween", (3, 5), [3, 4, 5], [2, 6]),
        ("mustNotBeBetween", (3, 5), [2, 6], [3, 5]),
    ],
)
def test_a_bound_holds_as_the_standard_says(
    comparison: str, values: tuple[float, ...], holding: list[int], breaking: list[int]
) -> None:
    bound = Bound(comparison, values)
    assert all(bound.holds(value) for value in holding)
    assert not any(bound.holds(value) for value in breaking)


def test_a_percentage_is_of_the_rows_that_were_checked() -> None:
    rule = Rule("r", Kind.REQUIRED, "value is missing", bound=Bound("mustBeLessThan", (5,)), percent=True)
    assert check_rule(rule, 100, 4).held
    broken = check_rule(rule, 100, 5)
    assert not broken.held
    assert broken.sentence == "value is missing in 5 of 100 rows, and less than 5 % is expected"


def test_data_without_any_time_is_as_late_as_can_be_and_other_measures_of_no_rows_break_nothing() -> None:
    bound = Bound("mustBeLessThan", (5,))
    assert not check_rule(Rule("age", Kind.AGE, "the age", bound=bound), 0, None).held
    assert check_rule(Rule("sum", Kind.QUERY, "the sum", bound=bound), 0, None).held
    assert not check_rule(Rule("sum", Kind.QUERY, "the sum", bound=bound), 3, None).held


def test_each_kind_of_broken_file_has_its_rule_and_its_reason() -> None:
    items = [
        Item("a.csv", "1", rows_parsed=2, rows_loaded=2, header='["station", "value"]'),
        Item("b.csv", "2", status="failed", first_error="the data ends too early"),
        Item("c.csv", "3", None, "partial", 5, 4, first_error="odd (line 3)", header='["STATION"]'),
        Item("d.csv", "4", status="empty"),
        Item("e.csv", "5", header='["station", "value", "mood"]'),
    ]
    results, violations = check_files(CONTRACT, items)
    assert {(result.rule, result.held, result.breaches) for result in results} == {
        ("file.readable", False, 1),
        ("file.complete", False, 1),
        ("file.not_empty", False, 2),
        ("file.columns", False, 1),
        ("file.unknown_columns", False, 1),
    }
    assert [(violation.file, violation.reason) for violation in violations] == [
        ("b.csv", "b.csv cannot be read: the data ends too early"),
        ("c.csv", "c.csv came through in part: 4 of 5 rows, odd (line 3)"),
        ("d.csv", "d.csv is empty"),
        ("e.csv", "e.csv has no rows"),
        ("c.csv", "c.csv lacks the column value"),
    ]


def test_syncs_are_no_files() -> None:
    assert check_files(CONTRACT, [Item("sync/3", "", rows_loaded=0)]) == ([], [])


def test_a_refusal_says_what_where_how_much_and_how_to_look() -> None:
    rule = Rule("value.type", Kind.TYPE, "value is not a number", column="value")
    warning = Rule("w", Kind.TYPE, "unimportant", severity=Severity.WARNING)
    sentence = refusal(
        CONTRACT,
        "L1",
        [check_rule(rule, 72, 3), check_rule(warning, 72, 1)],
        [{"file": "incoming/a.csv", "rows_kept": 3, "example": "…"}],
        "DB.QUARANTINE.READINGS",
    )
    assert sentence == (
        "readings: load L1 breaks its contract, and nothing of it was approved: value is not a number in 3 of "
        "72 rows. In quarantine: incoming/a.csv (3 rows). Look at the rows and their reasons with: "
        "select * from DB.QUARANTINE.READINGS where _load_id = 'L1'"
    )


def test_only_new_columns_are_added_and_a_changed_type_is_a_clash() -> None:
    assert missing_columns(CONTRACT, "T", {"station": Existing("TEXT")}) == [NewColumn("value", "number(38, 2)")]
    assert missing_columns(CONTRACT, "T", {"station": Existing("TEXT"), "value": Existing("NUMBER", 2)}) == []
    for changed in (Existing("NUMBER", 0), Existing("NUMBER", 3), Existing("TEXT")):
        with pytest.raises(ContractClash, match='wants "value"'):
            missing_columns(CONTRACT, "T", {"station": Existing("TEXT"), "value": changed})


def test_types_are_read_as_snowflake_writes_them() -> None:
    assert parse_type("number(38, 0)").family is Family.INTEGER
    assert parse_type("NUMBER") == SqlType(Family.INTEGER)
    assert parse_type("Decimal(9,3)") == SqlType(Family.NUMBER, 9, 3)
    assert parse_type("varchar(12)") == SqlType(Family.TEXT, length=12)
