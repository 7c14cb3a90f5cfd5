"""Conditions, nulls and booleans."""

from .answers import Cases, D, Error, Refused, date

F = "sql-reference/functions/"
CASES: Cases = {
    F + "iff": [
        ("iff(true, 'true', 'false')", "true"),
        ("iff(false, 'true', 'false')", "false"),
        ("iff(null, 'true', 'false')", "false"),
        ("iff(true, null, 'false')", None),
    ],
    F + "nvl": [("nvl(null, 'a')", "a"), ("nvl('b', 'a')", "b"), ("nvl(null, null)", None)],
    F + "ifnull": [("ifnull(null, 1.5)", D("1.5"))],
    F + "nvl2": [("nvl2(0, 5, 3)", 5), ("nvl2(null, 5, 3)", 3)],
    F + "coalesce": [
        ("coalesce(1, 2, 3)", 1),
        ("coalesce(null, null)", None),
        ("coalesce(null, 'x')", "x"),
        ("coalesce(1, 'a')", Refused("in one COALESCE: cast one of them")),
        ("coalesce('17', 1)", Refused("in one COALESCE: cast one of them")),
        ("coalesce('2024-01-02'::date, '9999-12-31')", date(2024, 1, 2)),
        ("case when true then 1 else 'a' end", Refused("in one CASE: cast one of them")),
        ("iff(true, 1, '2')", Refused("in one CASE: cast one of them")),
        ("decode(1, 1, 'a', 2)", Refused("in one CASE: cast one of them")),
        ("greatest(1, '2')", Refused("cast one of them")),
    ],
    F + "nullif": [("nullif(0, 0)", None), ("nullif(1, 0)", 1)],
    F + "zeroifnull": [("zeroifnull(null)", 0), ("zeroifnull(5)", 5), ("nullifzero(0)", None)],
    F + "decode": [
        ("decode(1, 1, 'one', 2, 'two', 'other')", "one"),
        ("decode(3, 1, 'one', 2, 'two', 'other')", "other"),
        ("decode(3, 1, 'one', 2, 'two')", None),
        ("decode(null, null, 'null!', 'other')", "null!"),
        ("decode(null, 1, 'one', 'other')", "other"),
    ],
    F + "case": [
        ("case when 1 = 2 then 'a' when null then 'b' else 'c' end", "c"),
        ("case 2 when 1 then 'a' when 2 then 'b' end", "b"),
        ("case null when null then 'a' else 'b' end", "b"),
    ],
    F + "equal_null": [
        ("equal_null(null, null)", True),
        ("equal_null(1, null)", False),
        ("equal_null(1, 1)", True),
        ("1 is distinct from null", True),
        ("null = null", None),
    ],
    F + "booland": [("booland(1, -2)", True), ("booland(0, 2)", False), ("booland(null, 0)", False)],
    F + "boolor": [("boolor(null, 1)", True), ("boolxor(2, 0)", True), ("boolnot(0)", True)],
    F + "between": [("5 between 1 and 5", True), ("'b' between 'a' and 'c'", True)],
    F + "in": [("1 in (1, 2)", True), ("3 in (1, null)", None), ("3 not in (1, 2)", True)],
    "sql-reference/operators-logical": [("true and null", None), ("false and null", False), ("true or null", True)],
    F + "to_boolean": [
        ("to_boolean('yes')", True),
        ("to_boolean('Off')", False),
        ("'t'::boolean", True),
        ("0::boolean", False),
        ("2::boolean", True),
        ("to_boolean('maybe')", Error("Boolean value 'maybe' is not recognized")),
        ("try_to_boolean('maybe')", None),
        ("true::varchar", "true"),
        ("true::int", 1),
    ],
}
