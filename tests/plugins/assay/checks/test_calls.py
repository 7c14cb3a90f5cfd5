"""Calls of functions in a contract's SQL: as many arguments as Snowflake documents, and of its kinds, or refused."""

from __future__ import annotations

import pytest

from assay.checks import expressions
from assay.checks.functions import FUNCTIONS

pytestmark = pytest.mark.core

COLUMNS = {"number": "number(38, 0)", "word": "varchar", "time": "timestamp_ntz", "day": "date", "flag": "boolean"}
RIGHT = {
    "n": "number", "s": "word", "t": "time", "b": "flag", "u": "'day'", "a": "word", "v": "parse_json(null)",
    "e": "number",
    "d": "word", "o": "word", "m": "word", "c": "1", "k": "'YYYY-MM-DD'", "f": "'YYYY-MM-DD'",
}  # fmt: skip
IN_PLACE = {
    "last_day": ("time", "'month'"), "to_char": ("time", "'YYYY'"), "to_varchar": ("time", "'YYYY'"),
    "trunc": ("number", "1"),
    "next_day": ("day", "'mo'"), "previous_day": ("day", "'mo'"), "convert_timezone": ("'UTC'", "'Europe/Vienna'",
    "time"),
    "regexp_like": ("word", "'a'", "'i'"), "time_slice": ("time", "1", "'day'", "'end'"), "listagg": ("word", "','"),
    "regexp_substr": ("word", "'(a)'", "1", "1", "'i'", "1"), "regexp_count": ("word", "'a'", "1", "'i'"),
    "to_binary": ("'0aff'", "'hex'"), "lag": ("number", "1", "number"), "lead": ("number", "1", "number"),
    "width_bucket": ("number", "1", "2", "3"), "to_time": ("word", "'HH24:MI'"),
}  # fmt: skip
"""Arguments of the functions that need others than the letters say."""
WRONG = {"n": ("word", "flag", "time", "'x'"), "t": ("word", "number", "flag", "'noon'"), "b": ("word", "number"),
         "u": ("'fortnight'",), "v": ("word", "number", "time"), "s": ("number", "flag", "time"), "e": ("time", "day"),
         "d": ("number", "flag"), "o": ("number", "day"), "m": ("flag",), "c": ("word", "'a'", "number", "1 + 1"),
         "k": ("word", "1", "upper('a')"), "f": ("word", "number", "flag")}  # fmt: skip
NOT_OF_ONE_ROW = frozenset((
    "any_value", "approx_count_distinct", "array_agg", "avg", "corr", "count", "count_if", "covar_pop", "covar_samp",
    "listagg", "max", "max_by", "median", "min", "min_by", "mode", "percentile_cont", "percentile_disc", "stddev",
    "stddev_pop", "stddev_samp", "sum", "var_pop", "var_samp", "variance", "dense_rank", "first_value", "lag",
    "last_value", "lead", "ntile", "percent_rank", "rank", "row_number",
))  # fmt: skip
"""Aggregates, and what needs a window: of these only what is refused is asked here."""
SPELLED_OTHERWISE = frozenset({"cast", "try_cast"})


def said(name: str, arguments: list[str]) -> list[str]:
    return list(expressions.condition(f"{name}({', '.join(arguments)}) is not null", COLUMNS))


def letters(name: str) -> tuple[list[str], list[str]]:
    needed, _, more = FUNCTIONS[name].partition("|")
    return list(needed), [letter for letter in more if letter != "*"]


def right(name: str) -> list[str]:
    """As many arguments as it takes, each of a kind that it takes."""
    needed, more = letters(name)
    return list(IN_PLACE.get(name, ())) or [RIGHT[letter] for letter in [*needed, *more]]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_wrong_number_of_arguments_is_refused(name: str) -> None:
    needed, _ = letters(name)
    if needed:
        assert said(name, [RIGHT[letter] for letter in needed[:-1]]) != []
    if "*" not in FUNCTIONS[name]:
        assert said(name, [*right(name), "word"]) != []


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - SPELLED_OTHERWISE))
def test_an_argument_of_another_kind_is_refused(name: str) -> None:
    needed, more = letters(name)
    every = [*needed, *more]
    for at, letter in enumerate(every):
        for other in WRONG.get(letter, ()):
            given = [*right(name)[:at], other, *right(name)[at + 1 :]]
            assert said(name, given) != [], given


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - NOT_OF_ONE_ROW - SPELLED_OTHERWISE))
def test_the_arguments_that_snowflake_documents_are_accepted(name: str) -> None:
    needed, more = letters(name)
    for count in range(len(more) + 1):
        given = right(name)[: len(needed) + count]
        assert [each for each in said(name, given) if f"calls {name}" in each or "no SQL" in each] == [], given


@pytest.mark.parametrize(
    "right",
    [
        "extract(year from time) > 2000",
        "date_part(year, time) > 2000",
        "position('a' in word) > 0",
        "position('a', word) > 0",
        "iff(number > 1, (number + 1), abs(-number)) > 0",
        "coalesce(word, concat(word, ', ('), ')') = 'x'",
        "datediff(day, '2013-01-01', time) >= 0",
        "cast(number as number(5, 0)) = number",
        "try_cast(word as number(5, 2)) > 1",
        "row_number() over (partition by word order by number) = 1",
        "lag(number, 1, 0) over (order by time) < number",
        "split(word, ',')[0] is not null and upper(split_part(word, ',', 1)) = 'A'",
        "left(word, 2) in ('ab', 'cd') and not (flag or (number between 1 and 2))",
    ],
)
def test_what_is_right_is_accepted(right: str) -> None:
    assert list(expressions.condition(right, COLUMNS)) == []


@pytest.mark.parametrize(
    "right",
    [
        "select count(*) from candidate",
        "select count(distinct word, number) from candidate",
        "select sum(iff(flag, 1, 0)) / nullif(count(*), 0) from candidate",
        "with x as (select round(number) as n from candidate) select max(round(n, 2)) from x",
        "select count(distinct iff(length(word) > 2, upper(word), null)) from candidate",
    ],
)
def test_a_right_query_is_accepted(right: str) -> None:
    assert list(expressions.query(right, COLUMNS)) == []


@pytest.mark.parametrize("outer", ["{}", "not ({})", "iff({}, true, false)"])
@pytest.mark.parametrize("inner", ["iff(flag)", "nvl(flag)"])
def test_it_is_found_however_deep(outer: str, inner: str) -> None:
    (problem,) = expressions.condition(outer.format(inner), COLUMNS)
    assert "with 1 argument" in problem


@pytest.mark.parametrize("wrong", ['"abs"(number) > 1', "abs(, number) > 1", "nvl(number,) > 1"])
def test_other_shapes_of_calls_are_refused(wrong: str) -> None:
    assert list(expressions.condition(wrong, COLUMNS)) != []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("coalesce(word, 0) = 'x'", "word, which is a text, or 0, which is a number"),
        ("nvl(number, 'x') > 1", "give both one kind"),
        ("iff(flag, 'a', 2) is not null", "give both one kind"),
        ("nullif(word, 1) = 'x'", "give both one kind"),
        ("greatest(word, number) is not null", "give both one kind"),
        ("case when flag then 'a' else 1 end = 'a'", "give both one kind"),
        ("case word when 'x' then day when 'y' then 1 end is null", "give both one kind"),
        ("word in ('a', null)", "null in a list"),
        ("word not in ('a', null)", "null in a list"),
        ("number between 10 and 1", "ends before it begins"),
        ("day between '2013-02-01' and '2013-01-01'", "ends before it begins"),
        ("date '2013-02-30' < day", "2013-02-30"),
        ("to_date('2013-02-30') < day", "2013-02-30"),
        ("'noon'::timestamp_ntz < time", "noon"),
        ("number:x > 1", "takes a part of number"),
        ("word[0] = 'a'", "takes a part of word"),
        ("time - interval '1 dya' > time", "dya"),
        ("array_size(word) > 1", "what parse_json returns"),
    ],
)
def test_what_fails_on_some_row_or_says_nothing_of_any_is_refused(wrong: str, words: str) -> None:
    (problem,) = expressions.condition(wrong, COLUMNS)
    assert words in problem


@pytest.mark.parametrize(
    "right",
    [
        "coalesce(day, time) is not null",
        "coalesce(number, 0) + nvl(number, 1.5) > 1",
        "nullif(word, '') is null or iff(flag, number, null) > 1",
        "case when flag then 'a' when number > 1 then word end = 'a'",
        "div0(number, number) > 1 and number between 1 and 10",
        "day between '2013-01-01' and '2013-02-01' and date '2013-02-28' < day",
        "time - interval '1 day' < time",
        "try_parse_json(word):x::varchar = 'a' and array_size(try_parse_json(word)) > 0",
    ],
)
def test_the_same_as_it_may_be_is_accepted(right: str) -> None:
    assert list(expressions.condition(right, COLUMNS)) == []
