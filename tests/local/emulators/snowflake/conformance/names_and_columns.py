"""Names in quotes, what columns take, and what other dialects have and Snowflake has not: whole statements."""

from .answers import Cases, D, Error, Refused, date, ntz

QUOTED = "sql-reference/identifiers-syntax"
INSERT = "sql-reference/sql/insert"
UPDATE = "sql-reference/sql/update"
MERGE = "sql-reference/sql/merge"
CAST = "sql-reference/data-type-conversion"
INTERVAL = "sql-reference/data-types-datetime"
SELECT = "sql-reference/sql/select"
LONG = Error("is too long and would be truncated")
UNKNOWN = Error("invalid identifier")

CASES: Cases = {
    QUOTED: [
        ('create or replace temporary table cased ("a" int, a int, "bC" varchar)', None),
        ("insert into cased values (1, 2, 'x')", None),
        ('insert into cased ("a", a) values (3, 4)', None),
        ('select "a", a, "A" from cased order by "a"', [(1, 2, 2), (3, 4, 4)]),
        ('select c."a", c.a from cased c order by 1', [(1, 2), (3, 4)]),
        ('select "bC" from cased where "a" = 1', [("x",)]),
        ('select "bc" from cased', UNKNOWN),
        ("select bC from cased", UNKNOWN),
        ('select "x" from (select 1 as x)', UNKNOWN),
        ('select x from (select 1 as "x")', UNKNOWN),
        ('select "x", x from (select 1 as "x", 2 as x)', [(1, 2)]),
        ('with "c" as (select 1 as n), c as (select 2 as n) select "c".n, c.n from "c", c', [(1, 2)]),
        ('update cased set "a" = 9 where a = 4', None),
        ('select a from cased where "a" = 9', [(4,)]),
        ('merge into cased t using (select 9 as "k") s on t."a" = s."k" when matched then update set a = 5', None),
        ('select a from cased where "a" = 9', [(5,)]),
        ('create or replace temporary table "cased" (n int)', None),
        ("select n from cased", UNKNOWN),
        ('select n from "cased"', []),
        ('select n from "Cased"', Error("does not exist or not authorized")),
        ("select object_construct('a', 1, 'A', 2):a::int, {'a': 3}:a::int", [(1, 3)]),
        ("select rowid from cased", UNKNOWN),
        ('select "rowid" from cased', UNKNOWN),
        ("select cased.rowid from cased", UNKNOWN),
        ("select rowid from (select 5 as rowid)", [(5,)]),
        ("select c from cased c", UNKNOWN),
        ('create or replace temporary table "odd ""name" ("n""w" int)', None),
        ('insert into "odd ""name" ("n""w") values (7)', None),
        ('select "n""w" from "odd ""name"', [(7,)]),
        ('select "\ue000a" from cased', Error("unexpected character in the name")),
    ],
    INSERT: [
        ("create or replace temporary table kept (v varchar(5), d date, t timestamp_ntz, b boolean, n int, j variant)",
         None),
        ("insert into kept (v) values ('abcdef')", LONG),
        ("insert into kept (v) select 'abcdef'", LONG),
        ("insert into kept (v) values ('abc' || 'def')", LONG),
        ("insert into kept (v) values ('abcde'), (null), (default)", None),
        ("insert into kept (v) values (1.5::float), (true), (12.50)", None),
        ("select v from kept where v is not null order by v", [("1.5",), ("12.50",), ("abcde",), ("true",)]),
        ("insert overwrite into kept (d, t, b) values ('01/02/2013', '2013-01-02 03:04', 'on')", None),
        ("select d, t, b from kept", [(date(2013, 1, 2), ntz("2013-01-02 03:04:00"), True)]),
        ("insert overwrite into kept (d, b) select '2013-01-02', 'no'", None),
        ("select d, b from kept", [(date(2013, 1, 2), False)]),
        ("insert into kept (d) values ('never')", Error("Date 'never' is not recognized")),
        ("insert overwrite into kept (n) select 2.5::float", None),
        ("select n from kept", [(3,)]),
        ("insert into kept (j) values ('1')", Error("expecting VARIANT but got VARCHAR for column J")),
        ("insert into kept (v, n) select 'a', 1, 2", Error("expecting 2 but got 3")),
        ("insert into kept (v, no_such) values ('a', 1)", UNKNOWN),
        ("insert into kept (v) values ('r') returning v", Error("unexpected RETURNING")),
        ("insert into kept (v) values ('r') on conflict do nothing", Error("unexpected CONFLICT")),
        ("insert or replace into kept (v) values ('r')", Error("syntax error")),
        ("insert into kept by name select 'r' as v", Error("unexpected BY NAME")),
        ("insert into kept default values", Error("unexpected DEFAULT")),
        ("delete from kept returning v", Error("unexpected RETURNING")),
    ],
    CAST: [
        ("create or replace temporary table texts (x varchar)", None),
        ("insert into texts select '2013-01-02 03:04:05'::timestamp_ntz", None),
        ("insert into texts values ('2013-01-02'::timestamp_ntz)", None),
        ("select x from texts order by x", [("2013-01-02 00:00:00.000",), ("2013-01-02 03:04:05.000",)]),
        ("insert overwrite into texts select 3.0::float", None),
        ("select x from texts", [("3",)]),
        ("insert overwrite into texts select parse_json('\"a\"')", None),
        ("select x from texts", [("a",)]),
        ("create or replace temporary table made (x varchar) as select '2013-01-02'::timestamp_ntz as x", None),
        ("select x from made", [("2013-01-02 00:00:00.000",)]),
        ("create or replace temporary table made (x varchar(2)) as select 'abc' as x", LONG),
    ],
    UPDATE: [
        ("create or replace temporary table changed (v varchar(3)) as select 'a' as v", None),
        ("update changed set v = 'abcd'", LONG),
        ("update changed set v = 'ab' || 'cd'", LONG),
        ("update changed set v = 2.0::float", None),
        ("select v from changed", [("2",)]),
        ("update changed set v = 'x' returning v", Error("unexpected RETURNING")),
    ],
    MERGE: [
        ("create or replace temporary table merged (k int, v varchar(3)) as select 1 as k, 'a' as v", None),
        ("merge into merged using (select 1 as k, 'abcd' as v) s on merged.k = s.k "
         "when matched then update set v = s.v",
         LONG),
        ("merge into merged using (select 2 as k, 'abcd' as v) s on merged.k = s.k "
         "when not matched then insert (k, v) values (s.k, s.v)", LONG),
        ("merge into merged using (select 2 as k, 0.5::float as v) s on merged.k = s.k "
         "when not matched then insert values (s.k, s.v)", None),
        ("select k, v from merged order by k", [(1, "a"), (2, "0.5")]),
    ],
    INTERVAL: [
        ("select date '2013-01-01' + interval '1 day'", [(date(2013, 1, 2),)]),
        ("select date '2013-01-31' + interval '1 month'", [(date(2013, 2, 28),)]),
        ("select date '2013-01-02' - interval '1 day, 1 year'", [(date(2012, 1, 1),)]),
        ("select date '2013-01-01' + interval '2 hours'", [(ntz("2013-01-01 02:00:00"),)]),
        ("select '2013-01-01'::timestamp_ntz + interval '90 minutes'", [(ntz("2013-01-01 01:30:00"),)]),
        ("select date '2013-01-03' - date '2013-01-01', date '2013-01-01' + 1", [(2, date(2013, 1, 2))]),
        ("select '2013-01-02'::timestamp_ntz - '2013-01-01'::timestamp_ntz", Refused("intervals as values")),
        ("select interval '1 day'", Refused("intervals as values")),
    ],
    SELECT: [
        ("select distinct on (column1) column1 from values (1), (1)", Error("syntax error")),
        ("from values (1)", Error("syntax error")),
        ("select a.column1 from values (1) a semi join values (1) b on true", Error("syntax error")),
        ("select a.column1 from values (1) a anti join values (1) b on true", Error("syntax error")),
        ("select column1 from values (1) limit 10%", Error("syntax error")),
        ("select 2 ^ 3", Error("syntax error")),
        ("select 6 & 3", Error("syntax error")),
        ("select 6 | 3", Error("syntax error")),
        ("select 1 << 3", Error("syntax error")),
        ("select ~1", Error("syntax error")),
        ("select 2 ** 3", Error("syntax error")),
        ("select 5 // 2 and a comment", [(5,)]),
        ("select column1 from values (1) using sample 1", Error("syntax error")),
        ("select * from (select 'k' as k, 1 as v) pivot (sum(v) for k in ('k'))", Refused("PIVOT")),
        ("select 1 is distinct from null, 1 is not distinct from 1", [(True, True)]),
        ("select sum(column1) from values (1.5), (2)", [(D("3.5"),)]),
    ],
}  # fmt: skip
