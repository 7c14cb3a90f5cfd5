"""What counts as a value of a type, written as text: the patterns alone, before any warehouse sees them."""

from __future__ import annotations

import re

import pytest

from assay.contracts.spelling import spelling
from assay.contracts.sql_types import parse_type


def accepts(type_: str, text: str, **options: str) -> bool:
    found = spelling(parse_type(type_), options)
    plain = text.replace(found.thousands, "") if found.thousands else text
    plain = plain.replace(found.decimal, ".") if found.decimal != "." else plain
    return re.fullmatch(found.pattern, text) is not None and (
        not found.digits or re.fullmatch(found.digits, plain) is not None
    )


@pytest.mark.parametrize("text", ["0", "-1", "007", "12.0", "99999999999999999999999999999999999999"])
def test_whole_numbers(text: str) -> None:
    assert accepts("NUMBER(38,0)", text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "+1",
        "1_000",
        "0x10",
        "\uff11\uff12",
        "1,000",
        "1.5",
        "1e3",
        ".0",
        "1.",
        "--1",
        "1\n",
        "NaN",
        "9" * 39,
    ],
)
def test_what_is_no_whole_number(text: str) -> None:
    assert not accepts("NUMBER(38,0)", text)


def test_digits_must_fit() -> None:
    assert accepts("NUMBER(12,2)", "1234567890.12")
    assert accepts("NUMBER(12,2)", "1.500")
    assert not accepts("NUMBER(12,2)", "1.005")
    assert not accepts("NUMBER(12,2)", "12345678901")
    assert accepts("NUMBER(3,3)", "0.125")
    assert not accepts("NUMBER(3,3)", "1.125")


@pytest.mark.parametrize("text", ["TRUE", "t", "yes", "1", "True", " true"])
def test_booleans_are_true_and_false_unless_the_contract_says_otherwise(text: str) -> None:
    assert accepts("BOOLEAN", "true")
    assert not accepts("BOOLEAN", text)
    assert accepts("BOOLEAN", "t", trueValue="t", falseValue="f")
    assert not accepts("BOOLEAN", "true", trueValue="t", falseValue="f")


@pytest.mark.parametrize(
    "text", ["2013-1-5", "13-01-05", "20107-01-01", "2013-13-01", "05.01.2013", "1357344000", "2013-01-05T00:00:00"]
)
def test_dates_are_iso_unless_the_contract_says_otherwise(text: str) -> None:
    assert accepts("DATE", "2013-01-05")
    assert not accepts("DATE", text)


@pytest.mark.parametrize(
    "text",
    ["2013-01-05T24:00:00", "2013-01-05T05:60:00", "2013-01-05T05:00:61", "2013-01-05", "2013-01-05T05:00",
     "2013-01-05T05:00:00.1234567", "2013-01-05T05:00:00+15:00", "2013-01-05T05:00:00 UTC", "infinity", "1357344000"],
)  # fmt: skip
def test_times_are_iso_with_seconds(text: str) -> None:
    for good in (
        "2013-01-05T05:00:00",
        "2013-01-05 05:00:00.123456000",
        "2013-01-05 05:00:00+00",
        "2013-01-05T05:00:00Z",
    ):
        assert accepts("TIMESTAMP_NTZ", good)
    assert not accepts("TIMESTAMP_NTZ", text)


def test_an_instant_has_an_offset() -> None:
    assert accepts("TIMESTAMP_TZ", "2013-01-05T05:00:00-0330")
    assert not accepts("TIMESTAMP_TZ", "2013-01-05T05:00:00")


@pytest.mark.parametrize(
    ("type_", "format_", "good", "bad"),
    [
        ("DATE", "dd.MM.yyyy", "31.01.2013", "2013-01-31"),
        ("DATE", "yyyyMMdd", "20130131", "2013131"),
        ("TIMESTAMP_NTZ", "dd/MM/yyyy HH:mm", "31/01/2013 23:59", "31/01/2013 24:00"),
        ("TIMESTAMP_NTZ", "yyyy-MM-dd", "2013-01-31", "2013-01-31T00:00:00"),
        ("TIMESTAMP_TZ", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2013-01-31T05:00:00.125+05:30", "2013-01-31T05:00:00.125"),
    ],
)
def test_a_format_that_the_contract_says_is_the_only_one(type_: str, format_: str, good: str, bad: str) -> None:
    assert accepts(type_, good, format=format_)
    assert not accepts(type_, bad, format=format_)


def test_numbers_with_commas_where_the_contract_says_so() -> None:
    options = {"decimalSeparator": ",", "thousandsSeparator": "."}
    assert accepts("NUMBER(12,2)", "-1.234.567,89", **options)
    assert accepts("NUMBER(12,2)", "1234,5", **options)
    assert not accepts("NUMBER(12,2)", "1.23,5", **options)
    assert not accepts("NUMBER(12,2)", "1,005", **options)


@pytest.mark.parametrize(
    ("type_", "options", "said"),
    [
        ("DATE", {"format": "dd.MM.yy"}, 'has "y"'),
        ("DATE", {"format": "dd.MM"}, "must have yyyy, MM and dd"),
        ("DATE", {"format": "yyyy-MM-dd HH"}, "nothing of a time of day"),
        ("DATE", {"format": "yyyy-MM-dd dd"}, "has dd twice"),
        ("TIMESTAMP_NTZ", {"format": "yyyy-MM-dd mm:ss"}, "an hour before minutes"),
        ("TIMESTAMP_NTZ", {"format": "XXXyyyy-MM-dd"}, "must have XXX at its end"),
        ("TIMESTAMP_TZ", {"format": "yyyy-MM-dd HH:mm:ss"}, "must end with XXX"),
        ("NUMBER(12,2)", {"decimalSeparator": ";"}, 'decimalSeparator ";" must be one of'),
        ("NUMBER(12,2)", {"decimalSeparator": ",", "thousandsSeparator": ","}, 'thousandsSeparator "," must be'),
        ("BOOLEAN", {"trueValue": "f", "falseValue": "f"}, "two different texts"),
    ],
)
def test_what_no_text_could_be_read_by_is_refused(type_: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        spelling(parse_type(type_), options)
