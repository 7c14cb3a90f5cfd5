"""Expressions as models of dbt write them: functions put together, each under the page of the outer one."""

from .answers import Cases, D, date, ntz, time

F = "sql-reference/functions/"
CASES: Cases = {
    F + "dateadd": [
        ("dateadd(month, -1, date_trunc('month', '2024-03-31'::date))", date(2024, 2, 1)),
        ("dateadd(day, 1 - dayofweekiso('2024-02-04'::date), '2024-02-04'::date)", date(2024, 1, 29)),
        ("dateadd(second, -1, dateadd(day, 1, '2024-02-28'::timestamp))", ntz("2024-02-28 23:59:59")),
        ("'2024-02-03'::date + interval '1 month'", date(2024, 3, 3)),
    ],
    F + "last_day": [
        ("last_day(dateadd(month, 1, '2024-01-31'::date))", date(2024, 2, 29)),
        ("day(last_day('2023-02-01'::date))", 28),
    ],
    F + "datediff": [
        ("datediff('month', '2024-01-31', '2024-02-01')", 1),
        ("datediff(minute, '2024-01-01 00:00:59', '2024-01-01 00:01:00')", 1),
        ("datediff(second, '2024-01-01'::timestamp, '2024-01-01 00:01:30.9'::timestamp)", 90),
        ("datediff(year, '2023-12-31'::date, '2024-01-01'::date)", 1),
    ],
    F + "to_char": [
        ("to_char('2024-02-03'::date, 'YYYYMMDD')::int", 20240203),
        ("to_char('2024-02-03'::date, 'YYYY-\"M\"MM')", "2024-M02"),
        ("dayname('2024-02-03'::date) || ' ' || monthname('2024-02-03'::date)", "Sat Feb"),
        ("lpad(month('2024-02-03'::date), 2, '0')", "02"),
        ("to_char(0.5)", "0.5"),
    ],
    F + "date_trunc": [
        ("date_trunc('week', '2024-02-04'::date)", date(2024, 1, 29)),
        ("date_trunc('month', '2024-02-03 04:05:06'::timestamp)::date", date(2024, 2, 1)),
    ],
    F + "week": [
        ("week('2024-12-30'::date)", 1),
        ("yearofweekiso('2024-12-30'::date)", 2025),
        ("dayofweek('2024-02-04'::date)", 0),
    ],
    F + "to_timestamp": [
        ("'2024-02-03T04:05:06+02:00'::timestamp_ntz", ntz("2024-02-03 04:05:06")),
        ("'2024-02-03 04:05:06.789'::timestamp::date", date(2024, 2, 3)),
        ("try_to_timestamp('2024-02-03 25:00:00')", None),
        ("date_part(epoch_second, '1969-12-31 23:59:59'::timestamp)", -1),
    ],
    F + "to_date": [
        ("try_to_date('02/30/2024', 'MM/DD/YYYY')", None),
        ("to_date('2024-02-03 04:05:06', 'YYYY-MM-DD HH24:MI:SS')", date(2024, 2, 3)),
        ("coalesce(try_to_date('x'), '1900-01-01'::date)", date(1900, 1, 1)),
    ],
    F + "to_time": [("to_time('4:05 PM', 'HH12:MI PM')", time(16, 5))],
    F + "convert_timezone": [
        (
            "convert_timezone('UTC', 'America/New_York', '2024-07-01 12:00:00'::timestamp_ntz)",
            ntz("2024-07-01 08:00:00"),
        ),
        (
            "convert_timezone('UTC', 'America/New_York', '2024-01-01 12:00:00'::timestamp_ntz)",
            ntz("2024-01-01 07:00:00"),
        ),
    ],
    "user-guide/querying-semistructured": [
        ('parse_json(\'{"a":{"b":[{"c":1},{"c":2}]}}\'):a.b[1].c::int', 2),
        ("parse_json('{\"a\":null}'):a is null", False),
        ("parse_json('{\"a\":null}'):a::varchar is null", True),
        ('get_path(parse_json(\'{"a":{"b c":1}}\'), \'a."b c"\')::int', 1),
        ("coalesce(parse_json('{}'):a::varchar, 'none')", "none"),
        ("array_size(split('a,b,c', ','))", 3),
        ("array_to_string(array_construct(1, 2.5, 'x'), '-')", "1-2.5-x"),
        ("array_contains('a'::variant, split('a,b', ','))", True),
        ("parse_json('\"2024-01-02T03:04:05Z\"')::timestamp_ntz", ntz("2024-01-02 03:04:05")),
    ],
    "sql-reference/data-type-conversion": [
        ("' 12 '::int", 12),
        ("'12.5'::int", 13),
        ("1.999::number(3,1)", D("2.0")),
        ("(1/3)::number(10,4)", D("0.3333")),
        ("1e10::float::varchar", "10000000000"),
        ("0.1::float::varchar", "0.1"),
        ("1::boolean::varchar", "true"),
        ("'2024-01-01' < '2024-01-02'::date", True),
    ],
    F + "regexp_replace": [
        ("regexp_replace('abc123', '[^0-9]', '')", "123"),
        ("regexp_replace('2024-01-02', '(\\\\d+)-(\\\\d+)-(\\\\d+)', '\\\\3/\\\\2/\\\\1')", "02/01/2024"),
    ],
    F + "regexp_substr": [
        ("regexp_substr('a1b22c333', '[0-9]+', 1, 3)", "333"),
        ("regexp_substr('foo=bar', '(\\\\w+)=(\\\\w+)', 1, 1, 'e', 2)", "bar"),
    ],
    F + "rlike": [("'abc' rlike 'b'", False), ("'abc' rlike '.*b.*'", True)],
    F + "split_part": [("split_part('a-b-c', '-', -1)", "c"), ("split_part('a-b-c', '-', 5)", "")],
    F + "initcap": [("initcap('o''neil mc-donald')", "O'neil Mc-Donald")],
    F + "substr": [("substr('hello', -3, 2)", "ll"), ("right('hello', 2) || left('hello', 1)", "loh")],
    F + "sha2": [("upper(md5('a'))", "0CC175B9C0F1B6A831C399E269772661")],
    F + "round": [("round(2.345, 2)", D("2.35")), ("round(-2.345, 2)", D("-2.35")), ("round(1234.5, -2)", 1200)],
    F + "div0": [("div0(1, 0)", D("0.000000")), ("nullifzero(0)", None), ("10 / nullif(0, 0)", None)],
    F + "greatest_ignore_nulls": [("greatest_ignore_nulls(null, 2, 1)", 2)],
    F + "mod": [("mod(-7, 3)", -1), ("abs(mod(-7, 3))", 1)],
}
