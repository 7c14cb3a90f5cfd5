"""What the check of a contract's SQL accepts, the embedded Snowflake answers: no rule passes it and fails in a run."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator

import pytest
from snowflake.connector import ProgrammingError, SnowflakeConnection

from assay.checks import domains, expressions, formats
from assay.checks.expression_rules import UNITS
from assay.checks.functions import FUNCTIONS

from .conftest import run

COLUMNS = {
    "number": "number(38, 0)", "share": "number(10, 2)", "real": "float", "word": "varchar", "time": "timestamp_ntz",
    "zoned": "timestamp_tz", "day": "date", "flag": "boolean", "json": "varchar",
}  # fmt: skip
ROWS = """insert into candidate values
    (2, 0.25, 1.5, 'abc', '2024-02-03 04:05:06', '2024-02-03 04:05:06 +0100', '2024-02-03', true, '{"a": [1]}'),
    (-7, -3.00, -0.1, 'a;b,c', '1969-12-31 23:59:59.5', '2024-02-29 00:00:00 Z', '2024-02-29', false, '[]'),
    (null, null, null, null, null, null, null, null, null)"""
OF_KIND = {
    "n": ("number", "share", "real", "2", "-1.5", "length(word)", "abs(share)", "datediff(day, day, time)"),
    "s": ("word", "'a'", "upper(word)", "number::varchar", "'2024-01-02'"),
    "t": ("time", "day", "zoned", "dateadd(day, 1, time)"),
    "b": ("flag", "number > 1", "word like 'a%'"),
    "u": ("year", "'month'", "day", "hour", "'minute'", "week", "quarter", "second"),
    "v": ("try_parse_json(json)", "split(word, ',')", "try_parse_json(json):a"),
    "c": ("1", "2", "0", "3", "0.5", "-1", "6"),
    "k": ("'a'", "'YYYY-MM-DD'", "'HH24:MI:SS'", "'mo'", "'UTC'", "'i'", "'hex'", "'START'", "'x' || 'y'",
    "'Europe/Vienna'"),
}  # fmt: skip
OF_KIND |= {
    "e": OF_KIND["n"] + OF_KIND["b"] + ("'1'",),
    "d": ("day", "time", "zoned", "'2024-01-02'"),
    "o": ("time", "zoned", "'01:02:03'"),
    "m": ("day", "time", "zoned", "'2024-01-02'", "number"),
    "f": OF_KIND["c"] + OF_KIND["k"],
    "a": OF_KIND["n"][:4] + OF_KIND["s"] + ("time", "day", "flag", "null"),
}
SPELLED = {
    "cast": ("cast(number as varchar)", "cast(word as varchar)"),
    "try_cast": ("try_cast(word as number(5, 2))", "try_cast(word as date)", "try_cast(word as boolean)"),
    "extract": ("extract(year from time)",),
    "percentile_cont": ("percentile_cont(0.5) within group (order by number)",),
    "percentile_disc": ("percentile_disc(0.5) within group (order by share desc)",),
}
ALSO = {
    "acos": ("acos(0.5)",), "asin": ("asin(0.5)",), "log": ("log(2, abs(number) + 1)",),
    "date": ("date('2024-01-02', 'YYYY-MM-DD')",), "to_date": ("to_date('02.01.2024', 'DD.MM.YYYY')",),
    "to_time": ("to_time('01:02', 'HH24:MI')",), "regexp_like": ("regexp_like(word, 'A.*', 'i')",),
    "time_slice": ("time_slice(time, 15, 'minute', 'END')", "time_slice(day, 2, 'week', 'START')"),
    "parse_json": ("parse_json('{\"a\": 1}')",),
    "trunc": ("trunc(real, 2)", "trunc(time, 'month')"), "to_binary": ("to_binary('0aff')",
    "to_binary('QQ==', 'base64')"), "regexp_substr": ("regexp_substr(word, 'A', 1, 1, 'i')",),
    **{
        name: (f"{name}('2024-01-02', 'YYYY-MM-DD')", f"{name}(number, 3)")
        for name in ("to_timestamp", "to_timestamp_ntz", "to_timestamp_tz")
    },
}  # fmt: skip
"""Calls that chance seldom makes."""
RANKS = frozenset(
    ["dense_rank", "first_value", "lag", "last_value", "lead", "ntile", "percent_rank", "rank", "row_number"]
)
AGGREGATES = frozenset(
    [
        "any_value",
        "approx_count_distinct",
        "array_agg",
        "avg",
        "corr",
        "count",
        "count_if",
        "covar_pop",
        "covar_samp",
        "listagg",
        "max",
        "max_by",
        "median",
        "min",
        "min_by",
        "mode",
        "percentile_cont",
        "percentile_disc",
        "stddev",
        "stddev_pop",
        "stddev_samp",
        "sum",
        "var_pop",
        "var_samp",
        "variance",
    ]
)


@pytest.fixture
def candidate(admin: SnowflakeConnection) -> SnowflakeConnection:
    types = ", ".join(f"{name} {type_}" for name, type_ in COLUMNS.items())
    run(admin, f"create temporary table candidate ({types})", ROWS)
    return admin


def calls_of(name: str, count: int, chance: random.Random) -> Iterator[str]:
    """Calls with that many arguments: each sample in each place, in any order, the others by chance."""
    if name in SPELLED:
        yield from SPELLED[name]
        return
    yield from (call for call in ALSO.get(name, ()) if call.count(",") + 1 == count)
    needed, _, more = FUNCTIONS[name].partition("|")
    letters = (needed + more.replace("*", "aa"))[:count]
    if name in ("lag", "lead"):
        letters = "k" + letters[1:]
    places = [(at, sample) for at, letter in enumerate(letters) for sample in OF_KIND[letter]]
    for at, sample in chance.sample(places, len(places)):
        given = [chance.choice(OF_KIND[each]) for each in letters]
        given[at] = sample
        yield f"{name}({', '.join(given)})"
    if not letters:
        yield f"{name}()"
    for _ in range(200):  # for what is accepted seldom
        yield f"{name}({', '.join(chance.choice(OF_KIND[each]) for each in letters)})"


def counts_of(name: str) -> range:
    needed, _, more = FUNCTIONS[name].partition("|")
    return range(len(needed), len(needed) + len(more.replace("*", "aa")) + 1)


def asked(call: str, name: str) -> str:
    over = " over (order by number)" if name in RANKS else " over ()" if name in AGGREGATES else ""
    return f"{call}{over} is not null"


EVERYTHING = bool(os.environ.get("ASSAY_ALL_FUNCTIONS"))
OF_VALUES = ("Number out of representable range", "Expected ARRAY, but got OBJECT")
"""Errors of the values in the rows, which Snowflake has as well."""
CHANCE = random.Random(os.environ.get("ASSAY_SEED", "7"))


def accepted_of(conditions: list[str], most: int) -> list[str]:
    """Some of the conditions that the check accepts, or with ASSAY_ALL_FUNCTIONS all of them."""
    if EVERYTHING:
        return [each for each in conditions if accepted(each)]
    mixed = CHANCE.sample(conditions, len(conditions))
    return list(itertools.islice(filter(accepted, mixed), most))


def accepted(condition: str) -> bool:
    return not list(expressions.condition(condition, COLUMNS))


def unanswered(connection: SnowflakeConnection, conditions: list[str]) -> list[str]:
    """The conditions that the warehouse does not answer for every row, each with what it says."""
    said = []
    for condition in conditions:
        try:
            run(connection, f"select {condition} from candidate")
        except ProgrammingError as error:
            if not any(words in str(error.msg) for words in OF_VALUES):
                said.append(f"{condition}: {error.msg}")
    return said


def test_every_function_that_the_check_accepts_is_answered(candidate: SnowflakeConnection) -> None:
    """Every function with every number of its arguments; each is accepted in some way, else nothing is tried of it."""
    tried, without = [], []
    for name in FUNCTIONS:
        for count in counts_of(name):
            made = (asked(call, name) for call in calls_of(name, count, CHANCE))
            right = list(itertools.islice(filter(accepted, made), None if EVERYTHING else 2))
            tried += right
            if not right:
                without.append(f"{name} with {count} arguments")
    assert not without, f"no call of these is accepted: {without}"
    assert not (said := unanswered(candidate, tried)), "\n".join(said)


def test_every_unit_of_time_that_the_check_accepts_is_answered(candidate: SnowflakeConnection) -> None:
    made = [
        f"{call} is not null"
        for unit in sorted(UNITS | domains.LENGTHS)
        for call in (
            f"date_part({unit}, time)", f"extract({unit} from time)", f"date_trunc('{unit}', time)",
            f"dateadd({unit}, 1, time)", f"datediff({unit}, day, time)", f"last_day(day, '{unit}')",
            f"time_slice(time, 2, '{unit}')", f"trunc(time, '{unit}')",
        )
    ]  # fmt: skip
    right = accepted_of(made, 70)
    assert len(right) >= 70
    assert not (said := unanswered(candidate, right)), "\n".join(said)


ELEMENTS = (
    "YYYY", "YY", "MMMM", "MON", "MM", "DD", "DY", "HH24", "HH12", "AM", "PM", "MI", "SS", "FF", "FF0", "FF3", "FF6",
    "FF9", "FF5", "TZH:TZM", "TZHTZM", "TZH", "TZM", "TZD", "UUUU", "UTC", "T", "Z", '"T"', '" of "', "-", ":", ".",
    " ", "/", "_", "%", "%d", "ä", "X", "'",
)  # fmt: skip


def test_every_format_that_the_check_accepts_is_answered(candidate: SnowflakeConnection) -> None:
    made = []
    for _ in range(400):
        format = "".join(CHANCE.choices(ELEMENTS, k=CHANCE.randint(1, 5))).replace("'", "''")
        call = CHANCE.choice(("to_char(time, '{}')", "to_varchar(day, '{}')", "try_to_timestamp(word, '{}')",
                              "try_to_date(word, '{}')", "try_to_time(word, '{}')",
                              "try_to_timestamp_tz(word, '{}')"))  # fmt: skip
        made.append(f"{call.format(format)} is not null")
    right = accepted_of(made, 50)
    assert len(right) >= 50
    assert not (said := unanswered(candidate, right)), "\n".join(said)


TYPES = (
    "number", "number(10)", "number(38, 0)", "number(10, 2)", "decimal(5, 1)", "numeric", "int", "integer", "bigint",
    "smallint", "tinyint", "byteint", "float", "float4", "float8", "double", "double precision", "real", "varchar",
    "varchar(100)", "char", "char(9)", "character(9)", "string", "string(50)", "text", "nchar", "nvarchar(40)",
    "binary", "varbinary",
    "boolean", "date", "datetime", "time", "time(0)", "time(9)", "timestamp", "timestamp(3)", "timestamp_ntz",
    "timestamp_ntz(9)", "timestamp_ntz(0)", "timestamp_ltz", "timestamp_tz", "timestamp_tz(9)", "timestamp_tz(3)",
    "variant", "object", "array", "geography", "vector(float, 3)",
)  # fmt: skip


def test_every_conversion_that_the_check_accepts_is_answered(candidate: SnowflakeConnection) -> None:
    made = []
    for type_, column in itertools.product(TYPES, [*COLUMNS, "'1'", "null", "2.5", "try_parse_json(json)"]):
        made += [f"{call} is not null" for call in (f"{column}::{type_}", f"try_cast({column} as {type_})")]
    right = accepted_of(made, 70)
    assert len(right) >= 70
    assert not (said := unanswered(candidate, right)), "\n".join(said)


OPERATORS = (
    "number + share > 1", "number - real < 1", "number * share = 1", "number / 2 > 1", "number % 3 = 1",
    "share % 2 = 1",
    "-number < 1", "+number < 1", "word || number = 'a'", "word like 'a%'", "word not like '_'",
    "word like 'a!%' escape '!'", "word ilike 'A%'", "word like any ('a%', 'b%')", "word like all ('a%', '%c')",
    "word ilike any ('a%', 'b%')", "word rlike 'a.*'", "word regexp 'a.*'", "word not regexp 'a.*'",
    "number between 1 and 2", "number not between 1 and 2", "number in (1, 2)", "word not in ('a', 'b')",
    "number is null", "flag is true", "flag is not false", "number is distinct from 1", "word is not distinct from 'a'",
    "case when flag then 1 else 0 end = 1", "case number when 1 then 'a' end = 'a'", "not flag",
    "flag and flag or flag",
    "time > '2024-01-01'", "day = '2024-01-01'", "time - interval '1 day, 2 hours' < time", "day + 1 > day",
    "day - day > 1", "time::date = day", "'2024-01-01'::date < day", "date '2024-01-01' < day",
    "timestamp '2024-01-01 00:00:00' < time", "try_parse_json(json):a[0]::int = 1",
    "try_parse_json(json)['a'] is not null",
    "x'0aff' is not null", "$$a$$ = word", "'it''s' = word", "'a\\nb' = word", "1e3 > number", ".5 < share",
    "lag(number) ignore nulls over (order by time) < number", "position('a' in word) > 0",
    "max(number) over (partition by word order by day rows between 1 preceding and current row) > 1",
    "sum(number) over (order by day) > 1", "count(*) over () > 1", "count(distinct word) over () > 0",
    "(number, share) = (1, 2)", "number = any (1, 2)", "current_date > day", "current_timestamp > time",
    "current_date() > day",
    "char(65) = word", "string('x') = word", "float('1') > 1", "time('12:00') is not null", "varchar(word) = 'a'",
    "decimal('1') > 0", "timestamp(word) is not null", "timestamp_ntz('2024-01-01') < time", "number('1') = 1",
    "is_null_value(try_parse_json(json):a)", "{'a': 1} is not null", "[1, 2] is not null", "word collate 'en-ci' = 'a'",
    "number::int::varchar::int = 1", "word similar to 'a'", "~number = 1", "number & 1 = 1", "number ^ 2 = 4",
    "number // 2 = 1",
    "number << 1 = 2", "number ** 2 = 4", "word = 'a' collate 'x'", "time at time zone 'UTC' < time", "word glob 'a*'",
    "number == 1", "number != 1", "number <> 1", "number <=> 1", "!flag", "word -> 'a' is null", "exists (select 1)",
    "number % 0 = 1", "xor(flag, flag)", "flag xor flag", "number = 1 qualify true", "number is unknown",
    "flag is unknown",
    "word overlaps word", "array_contains('a'::variant, split(word, ','))", "flatten(word) is null",
    "try_parse_json(json):a.b.c::string is null",
)  # fmt: skip


def test_every_operator_that_the_check_accepts_is_answered(candidate: SnowflakeConnection) -> None:
    right = [each for each in OPERATORS if accepted(each)]
    assert len(right) > 40
    assert not (said := unanswered(candidate, right)), "\n".join(said)


def test_a_function_that_the_warehouse_does_not_have_is_not_on_the_list() -> None:
    assert not {"hash", "soundex", "collate", "jarowinkler_similarity", "as_date", "rtrimmed_length"} & set(FUNCTIONS)
    assert formats.written_format("999.00")
