"""One reader of YAML: what two readers could take for different things is refused, with file, line and key."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assay import yaml_scalars
from assay.strict_yaml import parse

CORE = (  # YAML 1.2.2, 10.3.2, in its order
    (re.compile(r"null|Null|NULL|~|"), lambda text: None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text.lower() == "true"),
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text[2:], 16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN"), lambda text: math.nan),
)


def core(text: str) -> Any:
    """A plain scalar by YAML 1.2's core schema, as its text says."""
    return next((make(text) for shape, make in CORE if shape.fullmatch(text)), text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yml:3: a is written twice, first in line 1; keep one of them"),
        ("b:\n  - {x: 1, x: 2}\n", "f.yml:2: b[0].x is written twice, first in line 2"),
        ('a: "x\\0y"', 'f.yml:1: a has the control character "\\u0000"'),
        ('a: "\\e[2J"', 'f.yml:1: a has the control character "\\u001b"'),
        ("a: {b: NO}", 'f.yml:1: a.b is NO, which YAML readers take for different things; write "NO" for the text'),
        ("a:\n- x\n- 0150", "f.yml:3: a[1] is 0150"),
        ("a: 12:30", "f.yml:1: a is 12:30"),
        ("a: 1_000", "f.yml:1: a is 1_000"),
        ("a: 2013-01-01", "f.yml:1: a is 2013-01-01"),
        ("a: 2013-01-01 00:00:00", "f.yml:1: a is 2013-01-01 00:00:00"),
        ("a: ~", "f.yml:1: a is ~"),
        ("a:\nb: 1", "f.yml:1: a has no value"),
        ("a: .inf", "f.yml:1: a is .inf"),
        ("a: .NaN", "f.yml:1: a is .NaN"),
        ("a: 0x1F", "f.yml:1: a is 0x1F"),
        ("a: 0o17", "f.yml:1: a is 0o17"),
        ("a: 1e3", "f.yml:1: a is 1e3"),
        ("a: 1.0e+999", "f.yml:1: a is 1.0e+999"),
        ("a: 0.12345678901234567890", "f.yml:1: a is 0.12345678901234567890"),
        ("on: 1", "f.yml:1: on is a key that is no text"),
        ("1: a", "f.yml:1: 1 is a key that is no text"),
        ("? [a]\n: b", "f.yml:1: has a list or a mapping as a key"),
        ("a: &x 1", "f.yml:1: &x is an anchor"),
        ("a: 1\nb: *x", "f.yml:2: *x stands for another part of the file"),
        ("a: {<<: {b: 1}}", "f.yml:1: a.<< is a key that is no text"),
        ("a: !!str 1", "f.yml:1: tag:yaml.org,2002:str is a tag"),
        ("a: ! 1", "f.yml:1: ! is a tag"),
        ("%YAML 1.1\n---\na: 1", "f.yml:1: begins with a directive"),
        ("a: 1\n---\nb: 2", "f.yml:2: not valid YAML: holds several documents"),
        ("a:\t1", "f.yml:1: has a tab"),
        ("a:\n\tb: 1", "f.yml:2: has a tab"),
        ("a: 1\nb: \xa0", "f.yml:2: has the character \\xA0"),
        ("\ufeffa: 1", "f.yml:1: begins with a byte order mark"),
        (b"a: 1\nb: \xff", "f.yml:2: is not UTF-8 text (byte 9)"),
        ("a: 'x\x00'", "f.yml:1: has the character \\x00"),
        ("a: 1\rb: 2", "f.yml:1: has the character \\x0D"),
        ("a: [1", "f.yml:2: not valid YAML"),
        ("a: x: y", "f.yml:1: not valid YAML: mapping values are not allowed"),
        ("[" * 100_000, "f.yml:1: nests more than 60 levels deep"),
        ("- " * 100_000, "f.yml:1: nests more than 60 levels deep"),
        ("x" * 2_000_001, "f.yml:1: has more than 2000000 characters"),
    ],
    ids=lambda value: None if len(value) > 60 else value,
)
def test_what_readers_take_for_different_things_is_refused_with_its_line(text: str | bytes, problem: str) -> None:
    (first, *_) = parse(text, "f.yml").problems
    assert first.startswith(problem)


def test_plain_values_are_those_of_every_reader() -> None:
    text = "a: 1\nb: -2.50\nc: true\nd: null\ne: some text\nf: '012'\ng: \"\\t\"\nh: []\n"
    text += "i: {j: N}\nk: 30 5 * * *\r\nl: a#b\n"
    document = parse(text, "f.yml")
    assert document.problems == []
    assert document.content == {
        "a": 1, "b": -2.5, "c": True, "d": None, "e": "some text", "f": "012", "g": "\t", "h": [], "i": {"j": "N"},
        "k": "30 5 * * *", "l": "a#b",
    }  # fmt: skip


def test_a_path_is_found_by_key_by_position_and_by_the_name_of_an_entry() -> None:
    document = parse("users:\n  - jonas\n  - anna:\n      email: x\n", "f.yml")
    assert document.about(["users", "ANNA", "email"], "is odd") == "f.yml:4: users.anna.email is odd"
    assert document.about(["users", 0], "is odd") == "f.yml:2: users[0] is odd"
    assert document.about(["users", "files", 0, "adress"], "is missing") == "f.yml:2: users[0].adress is missing"
    assert document.located("users[1].anna.email: no") == "f.yml:4: users[1].anna.email: no"
    assert document.located("nothing of it") == "f.yml:1: nothing of it"


@given(st.text(alphabet="0123456789+-._:,eExXobBTtNnFfyYsSuUlLrRaA~=<ZI ", max_size=12))
def test_what_is_let_through_means_the_same_by_either_version_of_yaml(text: str) -> None:
    """The other readers are PyYAML's, for YAML 1.1, and the schema that YAML 1.2 defines."""
    document = parse(f"- {text}\n", "f.yml")
    if document.problems or not isinstance(document.content[0], str | int | float | None):
        return  # refused, or a list or mapping
    (ours,) = document.content
    (theirs,) = yaml.safe_load(f"- {text}\n")
    by_core = core(text.strip())
    assert [type(value) for value in (theirs, by_core)] == [type(ours)] * 2
    assert theirs == by_core == ours


texts = st.text(
    st.characters(
        exclude_categories=["Cs"], exclude_characters=[chr(code) for code in (*range(9), 11, 12, *range(14, 32), 127)]
    )
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | texts | st.sampled_from(["NO", "1e3", "0150", "~"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1), values, max_size=4))
def test_what_is_written_is_read_as_it_was_by_this_reader_and_by_others(content: dict[str, Any]) -> None:
    text = yaml_scalars.written(content)
    document = parse(text, "f.yml")
    assert document.problems == []
    assert document.content == content
    assert yaml.safe_load(text) == content


KEYS = st.text(st.characters(max_codepoint=0xD7FF), min_size=1, max_size=150)
"""As JSON a character takes up to six, and a key of YAML on one line may have 1,024."""


@given(st.dictionaries(KEYS, st.integers(), min_size=1), st.data())
def test_any_key_that_occurs_twice_is_refused(content: dict[str, Any], data: st.DataObject) -> None:
    twice = data.draw(st.sampled_from(sorted(content)))
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()]
    text = "\n".join([*lines, f"{json.dumps(twice)}: 1"])
    assert any(
        problem.startswith(f"f.yml:{len(lines) + 1}: ") and "is written twice" in problem
        for problem in parse(text, "f.yml").problems
    )
