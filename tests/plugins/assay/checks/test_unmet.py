"""Rules of one column that no value meets together are refused; those that some value meets are accepted."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.checks import unmet
from assay.contracts.sql_types import parse_type

pytestmark = pytest.mark.core


def invalid(**arguments: Any) -> dict[str, Any]:
    return {"metric": "invalidValues", "mustBe": 0, "arguments": arguments}


def enum(*values: Any) -> list[dict[str, Any]]:
    return [{"value": value} for value in values]


def said(type_: str, **column: Any) -> list[tuple[list[str | int], str]]:
    return list(unmet.wrong(column, parse_type(type_)))


WRONG: list[tuple[str, dict[str, Any], list[str | int], str]] = [
    ("NUMBER(5,0)", {"enum": enum(1, 50), "logicalTypeOptions": {"maximum": 10}}, ["enum", 1, "value"], "maximum: 10"),
    ("NUMBER(5,0)", {"enum": enum(1, 50), "logicalTypeOptions": {"minimum": 2}}, ["enum", 0, "value"], "minimum: 2"),
    ("NUMBER(5,0)", {"enum": enum(9), "logicalTypeOptions": {"exclusiveMaximum": 9}}, ["enum", 0, "value"], "is 9"),
    ("NUMBER(5,1)", {"enum": enum(0), "logicalTypeOptions": {"exclusiveMinimum": 0}}, ["enum", 0, "value"], "is 0"),
    ("VARCHAR", {"enum": enum("ab", "abc"), "logicalTypeOptions": {"maxLength": 2}}, ["enum", 1, "value"], "maxLength"),
    ("VARCHAR", {"enum": enum("a"), "logicalTypeOptions": {"minLength": 2}}, ["enum", 0, "value"], "minLength: 2"),
    ("VARCHAR", {"enum": enum("a1"), "logicalTypeOptions": {"pattern": "^[a-z]+$"}}, ["enum", 0, "value"], "pattern"),
    ("VARCHAR", {"enum": enum("b"), "quality": [invalid(validValues=["a", "c"])]},
     ["quality", 0, "arguments", "validValues"], "no value of the other list"),
    ("NUMBER(5,0)", {"logicalTypeOptions": {"maximum": 3}, "quality": [invalid(validValues=[1, 5])]},
     ["quality", 0, "arguments", "validValues", 1], "is 5, which maximum: 3"),
    ("NUMBER(5,0)", {"enum": enum(1), "quality": [invalid(minimum=2)]}, ["enum", 0, "value"], "minimum: 2"),
    ("NUMBER(5,0)", {"logicalTypeOptions": {"maximum": 3}, "quality": [invalid(minimum=5)]},
     ["quality", 0, "arguments", "minimum"], "no value passes both"),
    ("DATE", {"logicalTypeOptions": {"maximum": "2013-01-01"}, "quality": [invalid(minimum="2014-01-01")]},
     ["quality", 0, "arguments", "minimum"], "no value passes both"),
    ("VARCHAR(2)", {"logicalTypeOptions": {"pattern": "^[A-Z]{3}$"}}, ["logicalTypeOptions", "pattern"], "2 char"),
    ("VARCHAR", {"logicalTypeOptions": {"pattern": "abcd", "maxLength": 3}}, ["logicalTypeOptions", "pattern"], "long"),
    ("VARCHAR", {"logicalTypeOptions": {"pattern": "^[A-Z]{2}$", "minLength": 3}}, ["logicalTypeOptions", "pattern"],
     "no text of 3 characters"),
    ("VARCHAR(2)", {"quality": [invalid(pattern="^a.c")]}, ["quality", 0, "arguments", "pattern"], "2 characters"),
]  # fmt: skip
RIGHT: list[tuple[str, dict[str, Any]]] = [
    ("NUMBER(5,0)", {"enum": enum(1, 10), "logicalTypeOptions": {"minimum": 1, "maximum": 10}}),
    ("NUMBER(5,1)", {"enum": enum(0.5), "logicalTypeOptions": {"exclusiveMinimum": 0, "exclusiveMaximum": 1}}),
    ("VARCHAR(3)", {"enum": enum("abc", "x"), "logicalTypeOptions": {"minLength": 1, "maxLength": 3}}),
    ("VARCHAR(3)", {"enum": enum("abc"), "logicalTypeOptions": {"pattern": "b"}}),
    ("VARCHAR(3)", {"logicalTypeOptions": {"pattern": "^[A-Z]{1,3}$", "minLength": 3, "maxLength": 3}}),
    ("VARCHAR", {"logicalTypeOptions": {"pattern": "[A-Z]{2}", "minLength": 3}}),
    ("VARCHAR", {"logicalTypeOptions": {"pattern": "^a$|^b+$", "minLength": 3}}),
    ("VARCHAR", {"enum": enum("a", "b"), "quality": [invalid(validValues=["b", "c"])]}),
    ("NUMBER(5,0)", {"logicalTypeOptions": {"maximum": 3}, "quality": [invalid(minimum=1)]}),
    ("NUMBER(5,0)", {"enum": enum(1, 5), "quality": [{**invalid(maximum=3), "mustBe": None, "mustBeLessThan": 5}]}),
    ("NUMBER(5,0)", {"enum": enum(1, 5), "quality": [{**invalid(maximum=3), "severity": "warning"}]}),
    ("DATE", {"logicalTypeOptions": {"minimum": "2013-01-01", "maximum": "2014-01-01"}}),
]


@pytest.mark.parametrize(("type_", "column", "path", "words"), WRONG)
def test_rules_that_contradict_each_other_are_refused(
    type_: str, column: dict[str, Any], path: list[str | int], words: str
) -> None:
    ((found, problem),) = said(type_, **column)
    assert found == path
    assert words in problem


@pytest.mark.parametrize(("type_", "column"), RIGHT)
def test_rules_that_some_value_meets_are_accepted(type_: str, column: dict[str, Any]) -> None:
    assert said(type_, **column) == []


@settings(max_examples=200, deadline=None)
@given(st.from_regex(r"\^?([a-c]|\[ab\]|c\{1,3\}|b\+|a\?){1,4}\$?", fullmatch=True), st.integers(1, 5), st.data())
def test_a_pattern_that_a_text_of_the_length_matches_is_never_refused(pattern: str, most: int, data: Any) -> None:
    text = data.draw(st.text("abc", min_size=1, max_size=most))
    if re.search(pattern, text, re.ASCII):
        options = {"pattern": pattern, "minLength": len(text), "maxLength": most}
        assert said("VARCHAR", logicalTypeOptions=options) == [], text
