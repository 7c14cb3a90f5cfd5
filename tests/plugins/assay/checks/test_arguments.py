"""Values of arguments in a contract's SQL: what fails in every run, or on some row, is refused when it is read."""

from __future__ import annotations

import math
import random

import pytest
import sqlglot

from assay.checks import arguments, constants, domains, expressions
from assay.checks.functions import FUNCTIONS
from assay.checks.ranges import Range, Ranges

pytestmark = pytest.mark.core

COLUMNS = {
    "number": "number(38, 0)", "share": "number(3, 2)", "real": "float", "word": "varchar", "time": "timestamp_ntz",
    "day": "date", "flag": "boolean",
}  # fmt: skip
WRONG = [
    ("sqrt(-1) > number", "sqrt with -1, and it takes a number from 0"),
    ("sqrt(2 - 3) > number", "sqrt with 2 - 3"),
    ("sqrt(abs(-4) - length('hello')) > number", "sqrt with abs(-4) - length('hello')"),
    ("sqrt(number) > 1", "number may be another on some row; write iff(number >= 0, number, null)"),
    ("sqrt(share - 1) > 1", "share - 1 may be another on some row"),
    ("ln(0) < number", "ln with 0, and it takes a number above 0"),
    ("ln(real) < number", "real may be another on some row"),
    ("ln(abs(number)) > 1", "needs a number above 0 for ln"),
    ("iff(number > 0, 1, ln(number)) > 1", "needs a number above 0 for ln"),
    ("case when number >= 0 then ln(number) else 0 end > 1", "needs a number above 0 for ln"),
    ("log(1, 10) > number", "a base above 0 other than 1"),
    ("log(10, number) > 1", "needs a number above 0 for log"),
    ("acos(1.5) < number", "acos with 1.5, and it takes a number from -1 to 1"),
    ("asin(number) < 1", "needs a number from -1 to 1 for asin"),
    ("cot(0) < number", "cot with 0"),
    ("exp(1000) > number", "exp with 1000"),
    ("exp(number) > 1", "write least(number, 709)"),
    ("power(0, -1) > number", "raises 0 to -1"),
    ("power(number, 0.5) > 1", "raises number to 0.5"),
    ("power(10, 400) > number", "beyond every type"),
    ("number < 1e400", "1e400, which is beyond every type"),
    ("chr(2000000) = word", "a code point from 0 to 1114111"),
    ("to_date('x') < day", "x"),
    ("to_date('2013-' || '02-30') < day", "converts '2013-' || '02-30'"),
    ("to_date('31.01.2013', 'YYYY-MM-DD') < day", "which is not written as 'YYYY-MM-DD'"),
    ("to_date('2013-01-31', 'jjjj-MM-DD') < day", 'the format has "jjjj"'),
    ("try_to_date(word, 'the day') < day", "the format has"),
    ("to_timestamp('2013-01-31 25:00:00') < time", "to_timestamp with '2013-01-31 25:00:00'"),
    ("to_timestamp(number, 12) < time", "it takes 0 or 3 or 6 or 9"),
    ("to_time('25:00') is not null", "write it as 'HH24:MI:SS'"),
    ("'24:61:00'::time is not null", "converts '24:61:00' to time"),
    ("'2013-13-01'::date < day", "converts '2013-13-01' to date"),
    ("to_number('12a') < number", "to_number with '12a': which is no number"),
    ("to_number('12', 5, 6) < number", "5 digits and 6 decimals"),
    ("to_number('12', 39) < number", "a whole number from 1 up to 38"),
    ("try_to_number(word, 'price') < number", "which is a text, and it takes a number"),
    ("'12a'::number < number", "converts '12a' to"),
    ("1000::number(3, 0) < number", "has not so many digits"),
    ("cast(number as number(39, 0)) < 1", "which is no type of Snowflake"),
    ("cast(number as varchar(0)) = word", "which is no type of Snowflake"),
    ("to_boolean('maybe') = flag", "which is neither true nor false"),
    ("'maybe'::boolean = flag", "which is neither true nor false"),
    ("to_binary('xyz') is not null", "no pairs of hexadecimal digits"),
    ("to_binary('0a', 'HEXA') is not null", "HEX or BASE64"),
    ("to_binary(word) is not null", "write a text there, without a column or a function"),
    ("parse_json('{\"a\": }'):a is not null", "which is no JSON"),
    ("date_trunc('nonsense', time) = time", "nonsense"),
    ("date_trunc('dow', time) = time", "date_trunc with the unit 'dow'"),
    ("date_trunc(epoch, time) = time", "date_trunc with the unit epoch"),
    ("datediff('dayofyear', time, time) = 0", "datediff with the unit 'dayofyear'"),
    ("dateadd(year, 20000, time) > time", "which leads beyond the year 9999"),
    ("dateadd(day, 1.5, time) > time", "and it takes a whole number"),
    ("last_day(day, 'minute') = day", "last_day with the unit 'minute'"),
    ("time_slice(time, 0, 'day') = time", "a whole number from 1"),
    ("time_slice(time, 1, 'ms') = time", "time_slice with the unit 'ms'"),
    ("time_slice(time, 1, 'day', 'middle') = time", "START or END"),
    ("next_day(day, 'someday') > day", "a day of the week"),
    ("convert_timezone('Europe/Wien', 'UTC', time) = time", "which is no time zone"),
    ("convert_timezone(word, 'UTC', time) = time", "write a text there, without a column or a function"),
    ("convert_timezone('UTC', 'utc+1', time) = time", "which is no time zone"),
    ("to_char(time, 'nonsense') = word", "the format has"),
    ("to_char(number, '999.00') = word", "and it takes a date or a time there"),
    ("to_char(time, 'HH24 TZH:TZM') = word", "nor the hours of a time zone"),
    ("to_char(time, word) = word", "write a text there, without a column or a function"),
    ("split_part(word, ',', 1.5) = 'a'", "a whole number"),
    ("strtok(word, ',', 1.5) = 'a'", "a whole number"),
    ("width_bucket(number, 1, 1, 5) = 1", "the bounds 1 and 1"),
    ("width_bucket(number, 1, 5, 0) = 1", "a whole number from 1"),
    ("regexp_substr(word, 'a', 0) = 'a'", "a whole number from 1"),
    ("regexp_substr(word, 'a(b)', 1, 1, 'e', 2) = 'a'", "has not so many"),
    ("regexp_substr(word, word, 1, 1, 'e') = 'a'", "write the pattern there"),
    ("time_slice(day, 2, 'hour') = day", "which is a date, by hour"),
    ("regexp_substr(word, 'a' || '[') = 'a'", "the pattern is 'a['"),
    ("regexp_like(word, 'a', 'iz')", "letters out of"),
    ("word regexp 'a('", "which is no regular expression"),
    ("word like 'a!%' escape '!!'", "write one character"),
    ("round(number, 50) = 1", "a whole number from -38 up to 38"),
    ("round(real, number) = 1", "write a number there, without a column or a function"),
    ("trunc(time, 'eon') = time", "eon"),
    ("repeat(word, 1000000000) = word", "up to 134217728"),
    ("left(word, 1.5) = ''", "a whole number"),
    ("word collate 'en-ci' = 'a'", "which is no part of a rule"),
    ("number & 1 = 1", "which is no part of a rule"),
    ("word similar to 'a'", "which is no part of a rule"),
    ("number == 1", "has ==; write ="),
    ("number <=> 1", "has <=>; write ="),
    ("float(word) = 1", "which is a type; write ::float"),
    ("decode(number, 1, word, 2) = word", "give both one kind"),
    ("equal_null(number, word)", "give both one kind"),
    ("lag(number, 1, word) over (order by number) = 1", "give both one kind"),
    ("trunc(word) = 1", "and it takes a number there"),
    ("trunc(number, 'day') = 1", "and it takes a time there"),
    ("number::date = day", "and Snowflake does not"),
    ("flag::float = 1", "and Snowflake does not"),
    ("try_cast(number as varchar) = word", "try_cast takes a text"),
    ("time::timestamp_ntz(3) = time", "converts to timestampntz(3)"),
    ("word::binary is not null", "converts to binary"),
    ("word::varchar(3) = 'a'", "write left(word::varchar, 3)"),
    ("parse_json('1')::number = 1", "which fails on any value that is none"),
    ("extract(millisecond from time) = 1", 'has the unit "millisecond"'),
    ("date_trunc('nanosecond', time) = time", "nanosecond"),
    ("position('a', word, 0) = 1", "a whole number from 1"),
    ("charindex('a', word, -1) = 1", "a whole number from 1"),
    ("ntile(0) over (order by number) = 1", "a whole number from 1"),
    ("current_timestamp(12) > time", "a whole number from 0 up to 9"),
]
QUERIES = [
    ("select percentile_cont(1.5) within group (order by number) from candidate", "a number from 0 to 1"),
    ("select sqrt(sum(number)) from candidate", "needs a number from 0 for sqrt"),
    ("select max(ln(number)) from candidate where number > 0", "needs a number above 0 for ln"),
    ("with x as (select sqrt(-1) as n from candidate) select max(n) from x", "sqrt with -1"),
]
RIGHT = [
    "sqrt(2) < number",
    "sqrt(abs(number)) < 1",
    "sqrt(number * number + square(share)) < 1",
    "sqrt(share + 10) < 4",
    "sqrt(greatest(number, 0)) < 4",
    "sqrt(length(word)) < 4",
    "sqrt(null) is null",
    "iff(number >= 0, sqrt(number), null) < 4",
    "iff(number < 0, 0, sqrt(number)) < 4",
    "case when number < 0 then 0 when number = 0 then 1 else sqrt(number) end < 4",
    "iff(number > 0 and real > 1, ln(number) + ln(real), 0) < 4",
    "iff(not (number <= 0), ln(number), 0) < 4",
    "iff(number between 1 and 9, log(10, number), 0) < 4",
    "ln(abs(nullif(number, 0))) < 4",
    "ln(length(word) + 1) < 4",
    "ln(exp(least(number, 10))) < 4",
    "exp(share) < 4",
    "exp(-abs(number)) <= 1",
    "acos(sin(real)) < 4",
    "asin(share / 10) < 4",
    "cot(nullif(real, 0)) < 4",
    "power(number, 2) < 4",
    "power(abs(number), 0.5) < 4",
    "sqrt(power(number, 2) + power(share, 2)) < 4",
    "ln(power(2, number)) < 4",
    "power(nullif(number, 0), -1) < 4",
    "chr(65) = word",
    "to_date('2013-01-31') < day",
    "to_date('31.01.2013', 'DD.MM.YYYY') < day",
    "try_to_date(word, 'DD-MON-YYYY') < day",
    "try_to_date('nonsense') is null",
    "to_timestamp('2013-01-31T10:00:00') < time",
    "to_timestamp(number, 3) < time",
    "try_to_timestamp(word, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF3TZH:TZM') < time",
    "'05:00:00'::time is not null",
    "to_number('12.5', 10, 2) < number",
    "try_to_number(word, 10, 2) < number",
    "left(word, -1) = ''",
    "strtok(word, ',', 0) is null",
    "lpad(word, -1) = ''",
    "'1e3'::float < number",
    "999::number(3, 0) < number",
    "try_cast('x' as number) is null",
    "to_boolean('yes') = flag",
    "to_binary('0aff') is not null",
    "to_binary('QQ==', 'base64') is not null",
    "parse_json('{\"a\": 1}'):a is not null",
    "date_trunc('quarter', time) <= time",
    "extract(dow from time) < 7",
    "date_part(epoch_second, time) > 0",
    "dateadd(year, -100, time) < time",
    "last_day(day, 'month') >= day",
    "time_slice(time, 15, 'minute', 'START') <= time",
    "next_day(day, 'Fr') > day",
    "convert_timezone('UTC', 'Europe/Vienna', time) is not null",
    "to_char(time, 'YYYY-MM-DD HH24:MI') = word",
    "split_part(word, ',', -1) = 'a'",
    "split_part(word, ',', 0) = 'a'",
    "strtok(word, ',;', 2) = 'a'",
    "word = 'a;b'",
    "width_bucket(number, 0, 100, 10) between 0 and 11",
    "regexp_substr(word, 'a(b)', 1, 1, 'ie', 1) = 'b'",
    "regexp_like(word, 'a|b', 'i')",
    "word like 'a!%' escape '!'",
    "round(number, -2) = round(real, 2)",
    "trunc(time, 'month') <= time",
    "trunc(number, 2) = number",
    "repeat('ab', 3) = word",
    "sha2(word) <> sha1(word)",
    "ntile(4) over (order by number) = 1",
    "current_timestamp(3) > '2013-01-01'",
    "1e300 > real",
]


def test_there_are_more_than_thirty_of_each() -> None:
    assert len({words for _, words in WRONG}) >= 30
    assert len(set(RIGHT)) >= 30


@pytest.mark.parametrize(("wrong", "words"), WRONG)
def test_a_value_that_the_function_does_not_take_is_refused(wrong: str, words: str) -> None:
    (problem,) = expressions.condition(wrong, COLUMNS)
    assert words in problem


@pytest.mark.parametrize(("wrong", "words"), QUERIES)
def test_it_is_refused_in_a_query_too(wrong: str, words: str) -> None:
    (problem,) = expressions.query(wrong, COLUMNS)
    assert words in problem


@pytest.mark.parametrize("right", RIGHT)
def test_a_value_that_the_function_takes_is_accepted(right: str) -> None:
    assert list(expressions.condition(right, COLUMNS)) == []


@pytest.mark.parametrize("outer", ["not ({})", "iff(flag, {}, true)", "coalesce({}, false)", "flag and ({})", "({})"])
@pytest.mark.parametrize("wrong", ["sqrt(-1) > 0", "to_date('x' || '') < day", "round(number, 99) = 1"])
def test_it_is_found_however_deep(outer: str, wrong: str) -> None:
    assert len(list(expressions.condition(outer.format(wrong), COLUMNS))) == 1


def test_a_right_query_is_accepted() -> None:
    for right in (
        "select sqrt(var_pop(number)) + sqrt(count(*)) from candidate",
        "select max(iff(number > 0, ln(number), null)) from candidate",
        "select percentile_cont(0.95) within group (order by number) from candidate",
        "select count_if(date_trunc('day', time) = time) from candidate",
    ):
        assert list(expressions.query(right, COLUMNS)) == [], right


def test_every_call_that_is_checked_can_be_read() -> None:
    """The grammar without functions reads what the full one reads; else its constants would pass unseen."""
    for name, letters in FUNCTIONS.items():
        given = {"u": "'day'", "v": "parse_json(word)", "c": "1", "k": "'a'", "f": "'a'"}
        call = f"{name}({', '.join(given.get(letter, 'word') for letter in letters if letter not in '|*')})"
        if name in ("cast", "try_cast"):
            call = f"{name}(word as varchar)"
        sqlglot.parse_one(call, read="snowflake")
        assert constants.plain(call) is not None, call
    named = {*domains.STRICT, *domains.CONSTANTS, *domains.UNITS_OF, *arguments.SPECIAL}
    assert named <= set(FUNCTIONS), "a rule about a function that may not be called"


@pytest.mark.parametrize(
    "written",
    [
        "count(distinct word, number)",
        "array_agg(distinct word) within group (order by word)",
        "listagg(distinct word, ',') within group (order by word)",
        "position('a' in word)",
        "lag(number) ignore nulls over (order by time)",
        "max(number) over (partition by word order by day rows between 1 preceding and current row)",
        "extract(day from day)",
        "parse_json(word):a.b[0]::varchar",
        "word ilike any ('x', 'y')",
        "time - interval '1 day, 2 hours'",
        "$$x$$",
        "number is distinct from 1",
        "try_cast(word as date)",
    ],
)
def test_other_grammars_of_calls_can_be_read(written: str) -> None:
    """Of what is accepted, nothing passes unseen."""
    assert constants.plain(written) is not None


OF_NUMBERS = ("{} + {}", "{} - {}", "{} * {}", "greatest({}, {})", "least({}, {})", "coalesce({}, {})")
OF_ONE = ("abs({})", "-({})", "square({})", "floor({})", "round({})", "sign({})", "nullif({}, 0)")


def random_expression(chance: random.Random, depth: int) -> str:
    if depth == 0 or chance.random() < 0.2:
        return chance.choice(("x", "y", str(chance.randrange(-3, 4)), "0.5"))
    if chance.random() < 0.25:
        operator, limit = chance.choice((">", ">=", "<", "<=", "=", "<>")), chance.randrange(-2, 3)
        asked = chance.choice(("x", "y"))
        one, other = (random_expression(chance, depth - 1) for _ in range(2))
        return f"iff({asked} {operator} {limit}, {one}, {other})"
    if chance.random() < 0.4:
        return chance.choice(OF_ONE).format(random_expression(chance, depth - 1))
    return chance.choice(OF_NUMBERS).format(*(f"({random_expression(chance, depth - 1)})" for _ in range(2)))


def test_a_value_lies_in_the_range_that_is_said_of_its_expression() -> None:
    """Random expressions with random rows: SQL's own values, by putting the row's values in and evaluating them."""
    chance, ranges, narrow = random.Random(20130101), Ranges({"x": "number(2, 0)", "y": "float"}, {}), 0
    for _ in range(400):
        written = random_expression(chance, 3)
        tree = constants.plain(written)
        assert tree is not None
        found = ranges.of(tree)
        narrow += math.isfinite(found.low) or math.isfinite(found.high)
        for _ in range(10):
            row = {"x": chance.randrange(-5, 6), "y": chance.choice((-2.5, -1, 0, 0.25, 7))}
            value = evaluated(written, row)
            if value is not None:
                assert Range(value, value).within(found), (written, row, value, found)
    assert narrow > 100


def evaluated(written: str, row: dict[str, float]) -> float | None:
    """The expression with a row's values, in Python's words; None for null."""

    def null_in(*values: float | None) -> bool:
        return any(value is None for value in values)

    names = {
        **row,
        "greatest": lambda *of: None if null_in(*of) else max(of),
        "least": lambda *of: None if null_in(*of) else min(of),
        "coalesce": lambda *of: next((each for each in of if each is not None), None),
        "abs": lambda of: None if of is None else abs(of),
        "square": lambda of: None if of is None else of * of,
        "floor": lambda of: None if of is None else math.floor(of),
        "round": lambda of: None if of is None else math.floor(abs(of) + 0.5) * (1 if of >= 0 else -1),
        "sign": lambda of: None if of is None else (of > 0) - (of < 0),
        "nullif": lambda of, other: None if of == other else of,
        "iff": lambda asked, one, other: one if asked else other,
    }
    python = written.replace("<>", "!=").replace(" = ", " == ")
    try:
        return eval(python, {"__builtins__": {}}, names)  # type: ignore[no-any-return]
    except TypeError:  # a null in a sum
        return None
