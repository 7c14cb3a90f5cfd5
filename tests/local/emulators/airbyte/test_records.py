from __future__ import annotations

from typing import Any

import pytest

from local.emulators.airbyte.records import TYPECAST, Column, column_type, columns_of, fit


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"type": "string"}, "VARCHAR"),
        ({"type": ["null", "integer"]}, "NUMBER(38,0)"),
        ({"type": "number", "airbyte_type": "integer"}, "NUMBER(38,0)"),
        ({"type": ["number"]}, "FLOAT"),
        ({"type": "boolean"}, "BOOLEAN"),
        ({"type": "string", "format": "date"}, "DATE"),
        ({"type": "string", "format": "date-time"}, "TIMESTAMP_TZ"),
        ({"type": "string", "format": "date-time", "airbyte_type": "timestamp_without_timezone"}, "TIMESTAMP_NTZ"),
        ({"type": "string", "format": "time", "airbyte_type": "time_without_timezone"}, "TIME"),
        ({"type": "string", "format": "time"}, "VARCHAR"),
        ({"type": "object"}, "OBJECT"),
        ({"type": "array"}, "ARRAY"),
        ({"type": ["string", "integer"]}, "VARIANT"),
        ({}, "VARIANT"),
    ],
)
def test_a_property_has_the_type_that_destination_snowflake_gives_it(declared: dict[str, Any], expected: str) -> None:
    assert column_type(declared) == expected


def test_columns_are_upper_case_and_keep_the_schemas_order() -> None:
    columns = columns_of({"properties": {"b": {"type": "string"}, "a": {"type": "integer"}}})
    assert columns == [Column("b", "B", "VARCHAR"), Column("a", "A", "NUMBER(38,0)")]


def test_two_fields_that_would_share_a_column_are_refused() -> None:
    with pytest.raises(ValueError, match="rename one"):
        columns_of({"properties": {"Id": {"type": "string"}, "id": {"type": "string"}}})


@pytest.mark.parametrize(
    ("kind", "value", "landed"),
    [
        ("VARCHAR", {"a": 1}, '{"a": 1}'),
        ("NUMBER(38,0)", 12.0, "12"),
        ("NUMBER(38,0)", "12", "12"),
        ("NUMBER(38,0)", 10**37, str(10**37)),
        ("FLOAT", "1.5", 1.5),
        ("BOOLEAN", False, False),
        ("DATE", "2013-01-02", "2013-01-02"),
        ("TIMESTAMP_TZ", "2013-01-02T03:04:05Z", "2013-01-02 03:04:05+00:00"),
        ("TIMESTAMP_NTZ", "2013-01-02T03:04:05", "2013-01-02 03:04:05"),
        ("TIMESTAMP_TZ", "2013-01-02T03:04:05+05:30", "2013-01-01 21:34:05+00:00"),
        ("TIMESTAMP_NTZ", "2013-01-02T03:04:05+05:30", "2013-01-01 21:34:05"),
        ("OBJECT", {"a": [1]}, {"a": [1]}),
    ],
)
def test_a_value_that_fits_lands_as_its_column_wants_it(kind: str, value: Any, landed: Any) -> None:
    assert fit([Column("f", "F", kind)], {"f": value}) == ([landed], [])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("NUMBER(38,0)", "many"),
        ("NUMBER(38,0)", 1.5),
        ("NUMBER(38,0)", True),
        ("NUMBER(38,0)", 10**38),
        ("NUMBER(38,0)", float("inf")),
        ("NUMBER(38,0)", [1]),
        ("FLOAT", "far"),
        ("BOOLEAN", "yes"),
        ("DATE", "2013-02-30"),
        ("TIMESTAMP_TZ", "noon"),
        ("TIMESTAMP_TZ", 7),
        ("NUMBER(38,0)", "1_000"),
        ("NUMBER(38,0)", " 12 "),
        ("NUMBER(38,0)", "\uff11\uff12"),
        ("NUMBER(38,0)", "+5"),
        ("NUMBER(38,0)", 1e22),
        ("FLOAT", "1_000"),
        ("FLOAT", "infinity"),
        ("FLOAT", float("nan")),
        ("FLOAT", "1e400"),
        ("FLOAT", 2**53 + 1),
        ("FLOAT", "0.1234567890123456789"),
        ("DATE", "20130102"),
        ("DATE", "2013-W01-1"),
        ("DATE", "20107-01-01"),
        ("TIME", "24:00"),
        ("TIMESTAMP_TZ", "2013-01-02T03:04:05"),
        ("TIMESTAMP_TZ", "2013-01-02T03:04:05.1234567Z"),
        ("TIMESTAMP_TZ", "2013-01-02T24:00:00Z"),
        ("TIMESTAMP_TZ", "0001-01-01T00:00:00+05:00"),
        ("VARIANT", float("inf")),
        ("OBJECT", {"a": float("nan")}),
        ("OBJECT", []),
        ("ARRAY", {}),
    ],
)
def test_a_value_that_does_not_fit_lands_as_null_and_says_so(kind: str, value: Any) -> None:
    values, changes = fit([Column("f", "F", kind)], {"f": value})
    assert values == [None]
    assert changes == [{"field": "F", "change": "NULLED", "reason": TYPECAST}]


def test_a_missing_value_is_null_and_no_change() -> None:
    assert fit([Column("f", "F", "DATE")], {}) == ([None], [])
