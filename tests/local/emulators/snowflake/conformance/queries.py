"""Aggregates, windows, clauses and names: whole statements, and all the rows that they give."""

from .answers import Cases, D, Error, Refused

F = "sql-reference/functions/"
V = " from values "
CASES: Cases = {
    F + "avg": [
        (f"select avg(column1){V}(1), (2)", [(D("1.500000"),)]),
        (f"select avg(column1){V}(1.5), (2.25), (null)", [(D("1.87500000"),)]),
        (f"select avg(column1){V}(1e0), (2e0)", [(1.5,)]),
        (f"select avg(distinct column1){V}(1), (1), (2)", [(D("1.500000"),)]),
        (f"select avg(column1){V}(1) where false", [(None,)]),
        (f"select avg(column1) over (partition by column2){V}(1, 'a'), (2, 'a')", [(D("1.500000"),), (D("1.500000"),)]),
    ],
    F + "sum": [
        (f"select sum(column1){V}(1.50), (2.25)", [(D("3.75"),)]),
        (f"select sum(column1){V}(null)", [(None,)]),
        (f"select sum(column1){V}(9223372036854775807), (1)", [(9223372036854775808,)]),
        (f"select sum(column1) over (order by column1){V}(1), (1), (2) order by 1", [(2,), (2,), (4,)]),
    ],
    F + "listagg#distinct": [
        (
            "select listagg(distinct column1, ',') within group (order by column1) from values ('b'), ('a'), ('b')",
            [("a,b",)],
        ),
        (
            "select listagg(distinct column1, ',') within group (order by column1 desc) from values (2), (10), (10)",
            [("10,2",)],
        ),
        ("select listagg(distinct column1, ',') within group (order by column1) from values (null)", [("",)]),
        (
            "select listagg(distinct column1) within group (order by column2) from values (1, 2)",
            Error("LISTAGG with DISTINCT is ordered by what it lists"),
        ),
    ],
    F + "flatten#arguments": [
        ("select count(*) from table(flatten(input => parse_json('[1]'), outer => false))", [(1,)]),
        ("select * from table(flatten(input => parse_json('[]'), outer => true))", Refused("FLATTEN with OUTER")),
        (
            "select * from table(flatten(input => parse_json('{\"a\": [1]}'), path => 'a'))",
            Refused("FLATTEN with PATH"),
        ),
        (
            "select * from table(flatten(input => parse_json('{\"a\": [1]}'), recursive => true))",
            Refused("FLATTEN with RECURSIVE"),
        ),
        (
            "select * from table(flatten(input => parse_json('{\"a\": 1}'), mode => 'array'))",
            Refused("FLATTEN with MODE"),
        ),
    ],
    "sql-reference/sql/create-view": [
        (
            "create temporary view ends as select system$cancel_query('x') as x",
            Refused("SYSTEM$CANCEL_QUERY in a view"),
        ),
    ],
    F + "count": [
        (f"select count(*), count(column1), count(distinct column1){V}(1), (1), (null)", [(3, 2, 1)]),
        (f"select count_if(column1 > 1){V}(1), (2), (null)", [(1,)]),
        (
            "select count(column1, column2), count(distinct column1, column2) from values (1, 2), (null, 4), (1, 2)",
            [(2, 1)],
        ),
    ],
    F + "min": [(f"select min(column1), max(column1){V}(3), (1), (null)", [(1, 3)])],
    F + "min_by": [
        (f"select min_by(column1, column2), max_by(column1, column2){V}('a', 2), ('b', 1)", [("b", "a")]),
    ],
    F + "mode": [(f"select mode(column1){V}(1), (2), (2)", [(2,)])],
    F + "stddev": [(f"select stddev(column1){V}(1), (3)", [(1.4142135623730951,)])],
    F + "booland_agg": [(f"select booland_agg(column1), boolor_agg(column1){V}(true), (false)", [(False, True)])],
    F + "any_value": [(f"select any_value(column1){V}(7), (7)", [(7,)])],
    F + "listagg": [
        (f"select listagg(column1, '|') within group (order by column1 desc){V}('a'), (null), ('b')", [("b|a",)]),
        (f"select listagg(column1){V}('a'), ('b')", [("ab",)]),
        (f"select listagg(distinct column1, ','){V}('a'), ('a')", [("a",)]),
        (f"select listagg(column1, ','){V}('a') where false", [("",)]),
        (f"select listagg(column1, '-') within group (order by column1){V}(1), (2)", [("1-2",)]),
    ],
    F + "array_agg": [
        (f"select to_json(array_agg(column1) within group (order by column1)){V}(2), (null), (1)", [("[1,2]",)]),
        (f"select to_json(array_agg(column1)){V}(1) where false", [("[]",)]),
        (f"select to_json(array_agg(distinct column1)){V}(1), (1)", [("[1]",)]),
    ],
    F + "object_agg": [
        (f"select to_json(object_agg(column1, column2)){V}('a', 1), ('b', null)", [('{"a":1}',)]),
    ],
    F + "row_number": [
        (f"select column1, row_number() over (order by column1 desc){V}(1), (null) order by 2", [(None, 1), (1, 2)]),
    ],
    F + "rank": [
        (
            f"select column1, rank() over (order by column1), dense_rank() over (order by column1){V}(1), (1), (2) "
            "order by 1",
            [(1, 1, 1), (1, 1, 1), (2, 3, 2)],
        ),
    ],
    F + "first_value": [
        (f"select first_value(column1) over (order by column1 desc){V}(1), (2)", [(2,), (2,)]),
    ],
    F + "last_value": [
        (f"select last_value(column1) over (order by column1){V}(1), (2)", [(2,), (2,)]),
    ],
    F + "nth_value": [
        (f"select nth_value(column1, 2) over (order by column1){V}(1), (2)", [(2,), (2,)]),
    ],
    F + "lag": [
        (
            "select column1, lag(column1) over (order by column1), lead(column1, 1, 9) over (order by column1)"
            f"{V}(1), (2) order by 1",
            [(1, None, 2), (2, 1, 9)],
        ),
        (
            f"select lag(column2) ignore nulls over (order by column1){V}(1, 5), (2, null), (3, 7) order by column1",
            [(None,), (5,), (5,)],
        ),
    ],
    F + "ntile": [
        (f"select ntile(2) over (order by column1){V}(1), (2), (3), (4) order by 1", [(1,), (1,), (2,), (2,)])
    ],
    F + "percentile_cont": [
        (f"select percentile_cont(0.5) within group (order by column1){V}(1), (2)", [(D("1.500"),)]),
    ],
    "sql-reference/constructs/qualify": [
        (
            f"select column1, column2{V}('a', 1), ('a', 2), ('b', 3) "
            "qualify row_number() over (partition by column1 order by column2 desc) = 1 order by 1",
            [("a", 2), ("b", 3)],
        ),
        (f"select column1, row_number() over (order by column1 desc) as n{V}(1), (2) qualify n = 1", [(2, 1)]),
    ],
    "sql-reference/constructs/order-by": [
        (f"select column1{V}(1), (null), (2) order by column1", [(1,), (2,), (None,)]),
        (f"select column1{V}(1), (null), (2) order by column1 desc", [(None,), (2,), (1,)]),
        (f"select column1{V}(1), (null) order by column1 nulls first", [(None,), (1,)]),
        (f"select column1 as a{V}(2), (1) order by a limit 1", [(1,)]),
    ],
    "sql-reference/constructs/group-by": [
        (f"select column1, sum(column2){V}('a', 1), ('a', 2) group by all", [("a", 3)]),
        (f"select column1 as k, count(*){V}(1), (1) group by k having count(*) > 1", [(1, 2)]),
    ],
    "sql-reference/constructs/join-lateral": [
        (
            'select t.a, f.value::varchar from (select 1 as a, parse_json(\'["x","y"]\') as v) t, '
            "lateral flatten(input => t.v) f order by f.index",
            [(1, "x"), (1, "y")],
        ),
    ],
    F + "flatten": [
        (
            "select index, value::int from table(flatten(input => parse_json('[5, 6]'))) order by index",
            [(0, 5), (1, 6)],
        ),
        ("select key, value::int from table(flatten(input => parse_json('{\"a\": 1}')))", [("a", 1)]),
        ("select count(*) from table(flatten(input => parse_json('[]')))", [(0,)]),
    ],
    F + "generator": [
        ("select count(*) from table(generator(rowcount => 10))", [(10,)]),
        ("select seq4() from table(generator(rowcount => 3)) order by 1", [(0,), (1,), (2,)]),
    ],
    "sql-reference/operators-query": [
        ("select 1 union select 1 union all select 2 order by 1", [(1,), (2,)]),
        ("select 1 intersect select 1", [(1,)]),
        ("select 1 except select 1", []),
        ("select 1 minus select 2", [(1,)]),
        ("select 1 union all select 'a'", Refused("UNION of a number and a text in the column 1: cast one of them")),
        ("select 'a', 1 union select 'b', '2'", Refused("UNION of a number and a text in the column 2")),
        ("select true union all select 1", Refused("UNION of a number and true or false")),
        ("select 1 intersect select '1'", Refused("INTERSECT of a number and a text")),
        ("with a as (select 1 as n) select n from a union all select 'x' from a", Refused("a number and a text")),
        ("select 1 as n union all select null union all select 2.5 order by 1", [(D("1.0"),), (D("2.5"),), (None,)]),
        ("select n from (select 1 as n union select '1')", Refused("a number and a text")),
    ],
    "sql-reference/constructs/with": [
        ("with recursive c as (select 1 as n union all select n + 1 from c where n < 4) select max(n) from c", [(4,)]),
        ("with a as (select 1 as x), b as (select x + 1 as x from a) select x from b", [(2,)]),
    ],
    "sql-reference/functions/strtok#examples": [
        ('select "COUNT(*)" from (select count(*) from values (1), (2))', [(2,)]),
        ("select 1 == 1", Error("unexpected '=='")),
        ("select 1 <=> 1", Error("unexpected '<=>'")),
    ],
    "sql-reference/identifiers-syntax": [
        ('select "a" from (select 1 as "a")', [(1,)]),
        ("select A from (select 1 as a)", [(1,)]),
    ],
    "sql-reference/sql/select": [
        ("select 1 as x, x + 1 as y", [(1, 2)]),
        ("select * exclude (column1) from values (1, 2)", [(2,)]),
        ("select column1 / 2 as h, h / 2 as q from values (1)", [(D("0.500000"), D("0.250000000000"))]),
        ("select a / b from (select 7 as a, 2 as b)", [(D("3.500000"),)]),
        ("select sum(column1) / count(*) from values (1), (2)", [(D("1.500000"),)]),
        ("select * from values (1) at (offset => -60)", Refused("")),
    ],
    "sql-reference/ddl-identifiers-reserved": [
        ("create or replace temporary table odd_names (end int, desc int, default int)", None),
        ("insert into odd_names (end, desc, default) values (1, 2, 3)", None),
        ("select end, desc, default from odd_names where desc = 2 order by desc desc", [(1, 2, 3)]),
        ("update odd_names set desc = 5 where end = 1", None),
        ("select odd_names.desc from odd_names", [(5,)]),
        ("select case when end = 1 then 'x' end from odd_names", [("x",)]),
        ("create or replace temporary table odd_names as select 1 as end, 2 as desc", None),
        ("select * from odd_names", [(1, 2)]),
    ],
    F + "current_timestamp": [
        ("select current_timestamp() is not null and current_date() is not null and sysdate() is not null", [(True,)]),
        ("select current_date() = to_date(sysdate())", [(True,)]),
    ],
    F + "current_role": [("select current_user() is not null, current_role() is not null", [(True, True)])],
    F + "uuid_string": [("select length(uuid_string())", [(36,)])],
    F + "random": [("select count(distinct random()) > 1 from table(generator(rowcount => 9))", [(True,)])],
    "developer-guide/snowpark/reference/python/latest/snowpark/api/snowflake.snowpark.functions.median": [
        ("select median(column1) from values (1), (3), (10), (1), (3)", [(D("3.000"),)]),
        ("select median(column1), median(column1::float) from values (1), (2), (null)", [(D("1.500"), 1.5)]),
        ("select median(column1) from values (0), (1000000000000001)", [(D("500000000000000.500"),)]),
        (
            "select median(column1) over (partition by column2) from values (0, 1), (5, 1)",
            [(D("2.500"),), (D("2.500"),)],
        ),
    ],
    "developer-guide/snowpark/reference/python/latest/snowpark/api/snowflake.snowpark.functions.percentile_cont": [
        (
            "select percentile_cont(0.25) within group (order by column2) from values (0, 0), (0, 10), (0, 20),"
            " (0, 30), (0, 40), (1, 10), (1, 20), (2, 10), (2, 20), (2, 25), (2, 30), (3, 60), (4, null)"
            " group by column1 order by column1",
            [(D("10.000"),), (D("12.500"),), (D("17.500"),), (D("60.000"),), (None,)],
        ),
        ("select percentile_cont(0.25) within group (order by column1 desc) from values (0), (10)", [(D("7.500"),)]),
        ("select percentile_cont(1) within group (order by column1::float) from values (0), (10)", [(10.0,)]),
    ],
    F + "var_pop": [
        (
            "select var_pop(column2::number(10, 2)), var_pop(column3::number(10, 2)) from values (1, 10, null),"
            " (2, 10, 11), (2, 20, 22), (2, 25, null), (2, 30, 35) group by column1 order by column1",
            [(D("0E-10"), None), (D("54.6875000000"), D("96.2222222222"))],
        ),
    ],
    "developer-guide/snowpark/reference/python/latest/snowpark/api/snowflake.snowpark.functions.var_pop": [
        ("select var_pop(column1) from values (1), (-1), (1), (-1), (-1)", [(D("0.960000"),)]),
        ("select var_pop(column1) from values (1), (null), (2), (3), (null), (5), (6)", [(D("3.440000"),)]),
        ("select var_pop(column1) from values (42)", [(D("0.000000"),)]),
        ("select var_pop(column1::float) from values (1), (3)", [(1.0,)]),
    ],
    "developer-guide/snowpark/reference/python/latest/snowpark/api/snowflake.snowpark.functions.var_samp": [
        ("select var_samp(column1), variance(column1) from values (1), (-1), (1), (-1), (-1)", [(D("1.200000"),) * 2]),
        ("select var_samp(column1) from values (1), (null), (2), (3), (null), (5), (6)", [(D("4.300000"),)]),
        ("select var_samp(column1) from values (42)", [(None,)]),
        ("select variance(distinct column1) from values (1)", Refused("VAR_SAMP of distinct values")),
    ],
    F + "corr": [("select corr(column1, column2) from values (1, 2), (2, 4)", [(1.0,)])],
    F + "hash": [("select hash('a')", Refused("Unknown function HASH"))],
    F + "try_to_geography": [("select try_to_geography('x')", Refused("Unknown function TRY_TO_GEOGRAPHY"))],
    "sql-reference/sql/create-table": [
        (
            "create or replace temporary table no_name as select count(*) from values (1)",
            Error("Missing column specification"),
        ),
        ("create or replace temporary table no_name as select 1 + 1", Error("Missing column specification")),
    ],
}
