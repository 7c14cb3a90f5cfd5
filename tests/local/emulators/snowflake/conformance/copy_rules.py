"""COPY INTO <table>: what a file becomes, row by row and file by file, and what the statement gives back."""

from __future__ import annotations

import gzip
from typing import Any

from .answers import Error, Refused
from .rules import ADMIN, ONE, Column, Denied, Missing, Put, Rule, Rules

COPY = "sql-reference/sql/copy-into-table"
FORMAT = "sql-reference/sql/create-file-format"
METADATA = "user-guide/querying-metadata"
MANAGE = "user-guide/data-load-considerations-load"
TRANSFORM = "user-guide/data-load-transform"
STAGE = (ADMIN, "create stage x url = 's3://landing/{db}/' storage_integration = landing")
TABLE = (ADMIN, "create table t (a int, b varchar(5))")
TEXTS = (ADMIN, "create table t (a varchar, b varchar)")
ROWS = "select a, b from t order by a nulls last"
QUOTED = "file_format = (type = csv field_optionally_enclosed_by = '\"')"
HEADER = "file_format = (type = csv parse_header = true field_optionally_enclosed_by = '\"')"
BY_NAME = f"{HEADER} match_by_column_name = case_insensitive"
PLAIN = "file_format = (type = csv)"
CSV = f"copy into t from @x {PLAIN}"
SKIPPING = f"{CSV} on_error = skip_file"
RESULT = ("status", "rows_parsed", "rows_loaded", "errors_seen")


def rule(says: str, content: bytes, options: str, answer: Any, rows: Any = None, table: Any = TEXTS) -> Rule:
    """One file, one COPY with these options, its result and the rows that there are then."""
    steps: list[Any] = [STAGE, table, Put("f.csv", content), (ADMIN, f"copy into t from @x {options}", answer)]
    return Rule(says, [*steps, (ADMIN, ROWS, [] if rows is None else rows)])


def loaded(*rows: tuple[Any, ...]) -> Column:
    return Column(RESULT, list(rows))


ALL_IN = loaded(("LOADED", 1, 1, 0))
NOTHING = Column(("status",), [("Copy executed with 0 files processed.",)])

# fmt: off
RULES: Rules = {
    FORMAT: [
        rule("a quoted empty field is a text, one without quotes is null", b'"",1\n,2\n', QUOTED,
             loaded(("LOADED", 2, 2, 0)), [("", "1"), (None, "2")]),
        rule("with EMPTY_FIELD_AS_NULL = FALSE an empty field is an empty text", b",1\n",
             "file_format = (type = csv empty_field_as_null = false)", ALL_IN, [("", "1")]),
        rule("NULL_IF makes its texts null", b"NA,x\n", "file_format = (type = csv null_if = ('NA', 'x'))", ALL_IN,
             [(None, None)]),
        rule("without NULL_IF a backslash and N are null", b"\\N,x\n",
             "file_format = (type = csv escape_unenclosed_field = none)", ALL_IN, [(None, "x")]),
        rule("an empty NULL_IF keeps every text", b"\\N,x\n",
             "file_format = (type = csv null_if = () escape_unenclosed_field = none)", ALL_IN, [("\\N", "x")]),
        rule("TRIM_SPACE takes spaces from the ends of fields", b" 1 , x\n",
             "file_format = (type = csv trim_space = true)",
             ALL_IN, [("1", "x")]),
        rule("without TRIM_SPACE spaces are data", b" 1 , x\n", PLAIN, ALL_IN, [(" 1 ", " x")]),
        rule("two quotes in quotes are one", b'"a""b",x\n', QUOTED, ALL_IN, [('a"b', "x")]),
        rule("delimiters and line ends in quotes are data", b'"a,b\nc",x\n', QUOTED, ALL_IN, [("a,b\nc", "x")]),
        rule("without FIELD_OPTIONALLY_ENCLOSED_BY quotes are data", b'"a",x\n', PLAIN, ALL_IN,
             [('"a"', "x")]),
        rule("a quote that is not closed fails the file", b'1,"x\n', f"{QUOTED} on_error = continue",
             loaded(("LOAD_FAILED", 0, 0, 1))),
        rule("a quote that is not closed stops the statement", b'1,"x\n', QUOTED, Error("quote")),
        rule("SKIP_HEADER passes over the first lines", b"a,b\n1,x\n", "file_format = (type = csv skip_header = 1)",
             ALL_IN, [("1", "x")]),
        rule("FIELD_DELIMITER separates fields", b"1;x,y\n", "file_format = (type = csv field_delimiter = ';')", ALL_IN,
             [("1", "x,y")]),
        rule("a record with too many fields is an error", b"1,x,more\n", PLAIN,
             Error("Number of columns in file (3) does not match that of the corresponding table (2)")),
        rule("a record with too few fields is an error", b"1\n", PLAIN,
             Error("Number of columns in file (1) does not match")),
        rule("with ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE lacking fields are null, and others are left out",
             b"1\n2,x,more\n", "file_format = (type = csv error_on_column_count_mismatch = false)",
             loaded(("LOADED", 2, 2, 0)), [("1", None), ("2", "x")]),
        rule("a file may end without a line end", b"1,x", PLAIN, ALL_IN, [("1", "x")]),
        rule("lines may end as in Windows", b"1,x\r\n", PLAIN, ALL_IN, [("1", "x")]),
        rule("bytes that are no UTF-8 fail the file", b"1,caf\xe9\n", "file_format = (type = csv) on_error = continue",
             loaded(("LOAD_FAILED", 0, 0, 1))),
        rule("a byte order mark is no data", b"\xef\xbb\xbf1,x\n", PLAIN, ALL_IN, [("1", "x")]),
        rule("another encoding is refused by name", b"1,x\n", "file_format = (type = csv encoding = 'iso-8859-1')",
             Refused("ENCODING = iso-8859-1")),
        rule("replacing bytes that are no UTF-8 is refused by name", b"1,x\n",
             "file_format = (type = csv replace_invalid_characters = true)", Refused("REPLACE_INVALID_CHARACTERS")),
        rule("an unknown option of a format is an error", b"1,x\n", "file_format = (type = csv no_such = 1)",
             Error("invalid parameter 'NO_SUCH'")),
        rule("other types of files are refused by name", b"1,x\n", "file_format = (type = parquet)",
             Refused("file format type parquet")),
        rule("a compressed file is read as what its name or its bytes say", gzip.compress(b"1,x\n"),
             "file_format = (type = csv compression = gzip)", ALL_IN, [("1", "x")]),
        rule("a compressed file that is torn fails", gzip.compress(b"1,x\n" * 99)[:-9],
             "file_format = (type = csv compression = gzip) on_error = continue", loaded(("LOAD_FAILED", 0, 0, 1))),
        rule("SKIP_BLANK_LINES passes over blank lines", b"1,x\n\n2,y\n",
             "file_format = (type = csv skip_blank_lines = true)", loaded(("LOADED", 2, 2, 0)), [("1", "x"), ("2",
              "y")]),
        rule("a blank line is a record with too few fields", b"1,x\n\n2,y\n", PLAIN,
             Error("End of record reached while expected to parse")),
    ],
    COPY: [
        rule("the result has a row per file, with what was seen first", b"1,x\nbad,y\n",
             "file_format = (type = csv) on_error = continue",
             Column(("file", *RESULT, "first_error", "first_error_line", "first_error_column_name"),
                    [("s3://landing/{db}/f.csv", "PARTIALLY_LOADED", 2, 1, 1,
                      "Numeric value 'bad' is not recognized", 2, '"T"["A":1]')]), [(1, "x")], TABLE),
        rule("the first error stops the statement, and nothing is loaded", b"1,x\nbad,y\n", PLAIN,
             Error("Numeric value 'bad' is not recognized"), [], TABLE),
        rule("ON_ERROR = SKIP_FILE loads nothing of a file with an error", b"1,x\nbad,y\n",
             "file_format = (type = csv) on_error = skip_file", loaded(("LOAD_FAILED", 2, 0, 1)), [], TABLE),
        rule("ON_ERROR = SKIP_FILE_2 is refused by name", b"1,x\n", "file_format = (type = csv) on_error = skip_file_2",
             Refused("ON_ERROR = SKIP_FILE_2")),
        rule("ON_ERROR = 'SKIP_FILE_10%' is refused by name", b"1,x\n",
             "file_format = (type = csv) on_error = 'SKIP_FILE_10%'", Refused("ON_ERROR = SKIP_FILE_10%")),
        rule("a text that is too long for its column is an error", b"1,toolong\n", PLAIN,
             Error("User character length limit (5) exceeded by string 'toolong'"), [], TABLE),
        rule("TRUNCATECOLUMNS cuts texts that are too long", b"1,toolong\n",
             "file_format = (type = csv) truncatecolumns = true",
             ALL_IN, [(1, "toolo")], TABLE),
        rule("ENFORCE_LENGTH = FALSE cuts them as well", b"1,toolong\n",
             "file_format = (type = csv) enforce_length = false",
             ALL_IN, [(1, "toolo")], TABLE),
        rule("a null in a column that takes none is an error", b",x\n", PLAIN,
             Error("NULL result in a non-nullable column"), [],
             (ADMIN, "create table t (a int not null, b varchar)")),
        Rule("a list of columns says which are loaded, and the others are null", [
            STAGE, TEXTS, Put("1.csv", b"x\n"), (ADMIN, "copy into t (b) from @x file_format = (type = csv)", ALL_IN),
            (ADMIN, ROWS, [(None, "x")]),
        ]),
        rule("MATCH_BY_COLUMN_NAME takes fields by the names in the header", b"B,a\nx,1\n", BY_NAME, ALL_IN, [("1",
             "x")]),
        rule("a column of which the header says nothing is null", b"a\n1\n", BY_NAME, ALL_IN, [("1", None)]),
        rule("a field that no column has the name of is left out", b"a,c,b\n1,2,x\n", BY_NAME, ALL_IN, [("1", "x")]),
        rule("CASE_SENSITIVE takes a column's name as it is", b"a,B\n1,x\n",
             f"{HEADER} match_by_column_name = case_sensitive", ALL_IN, [(None, "x")]),
        rule("a header that names a column twice is refused by name", b"a,A\n1,2\n", BY_NAME,
             Refused("does not support files that name the column 'A' twice")),
        rule("where case counts, names in two cases are two", b"a,A\n1,2\n",
             f"{HEADER} match_by_column_name = case_sensitive", ALL_IN, [("2", None)]),
        rule("MATCH_BY_COLUMN_NAME needs a header", b"1,x\n",
             "file_format = (type = csv) match_by_column_name = case_insensitive", Error("needs a file format")),
        rule("PARSE_HEADER with SKIP_HEADER is an error", b"a,b\n1,x\n",
             "file_format = (type = csv parse_header = true skip_header = 1) match_by_column_name = case_insensitive",
             Error("SKIP_HEADER")),
        rule("PURGE is refused by name", b"1,x\n", "file_format = (type = csv) purge = true", Refused("PURGE")),
        rule("SIZE_LIMIT is refused by name", b"1,x\n", "file_format = (type = csv) size_limit = 10",
             Refused("SIZE_LIMIT")),
        rule("VALIDATION_MODE is refused by name", b"1,x\n",
             "file_format = (type = csv) validation_mode = return_errors", Refused("VALIDATION_MODE")),
        Rule("FILES names the files that are loaded", [
            STAGE, TEXTS, Put("1.csv", b"1,x\n"), Put("2.csv", b"2,y\n"),
            (ADMIN, "copy into t from @x files = ('2.csv') file_format = (type = csv)", ALL_IN),
            (ADMIN, ROWS, [("2", "y")]),
        ]),
        Rule("a file in FILES that is not there stops the statement", [
            STAGE, TEXTS,
            (ADMIN, "copy into t from @x files = ('no.csv') file_format = (type = csv)", Error("was not found")),
        ]),
        Rule("PATTERN is matched with the whole path", [
            STAGE, TEXTS, Put("1.csv", b"1,x\n"), Put("2.txt", b"2,y\n"),
            (ADMIN, "copy into t from @x pattern = 'csv' file_format = (type = csv)", NOTHING),
            (ADMIN, "copy into t from @x pattern = '.*[.]csv' file_format = (type = csv)", ALL_IN),
        ]),
        Rule("a path after the stage is the beginning of names", [
            STAGE, TEXTS, Put("in/1.csv", b"1,x\n"), Put("out/2.csv", b"2,y\n"),
            (ADMIN, "copy into t from @x/in file_format = (type = csv)", ALL_IN), (ADMIN, ROWS, [("1", "x")]),
        ]),
        Rule("RETURN_FAILED_ONLY leaves out what was loaded", [
            STAGE, TABLE, Put("1.csv", b"1,x\n"), Put("2.csv", b"bad,y\n"),
            (ADMIN, "copy into t from @x file_format = (type = csv) on_error = continue return_failed_only = true",
             Column(("file", "status"), [("s3://landing/{db}/2.csv", "LOAD_FAILED")])),
        ]),
        Rule("COPY needs INSERT on the table and USAGE on the stage", [
            STAGE, TEXTS, Put("1.csv", b"1,x\n"), (ADMIN, "grant select on table t to role {one}"),
            (ONE, CSV, Denied()),
            (ADMIN, "grant insert on table t to role {one}"),
            (ONE, CSV, Missing()),
            (ADMIN, "grant usage on stage x to role {one}"), (ONE, CSV, ALL_IN),
        ]),
        Rule("a named format needs USAGE", [
            STAGE, TEXTS, Put("1.csv", b"1;x\n"), (ADMIN, "create file format f type = csv field_delimiter = ';'"),
            (ADMIN, "grant insert on table t to role {one}"), (ADMIN, "grant usage on stage x to role {one}"),
            (ONE, "copy into t from @x file_format = (format_name = f)", Missing()),
            (ADMIN, "grant usage on file format f to role {one}"),
            (ONE, "copy into t from @x file_format = (format_name = f)", ALL_IN),
        ]),
        Rule("nothing is copied into a view", [
            STAGE, (ADMIN, "create view v as select 1 as a"),
            (ADMIN, "copy into v from @x file_format = (type = csv)", Error("is a VIEW, not a TABLE")),
        ]),
        Rule("unloading is refused by name", [STAGE, TEXTS, (ADMIN, "copy into @x from t", Refused("unloading"))]),
    ],
    MANAGE: [
        Rule("a file is not loaded twice", [
            STAGE, TEXTS, Put("1.csv", b"1,x\n"), (ADMIN, CSV, ALL_IN),
            (ADMIN, CSV, NOTHING), (ADMIN, ROWS, [("1", "x")]),
        ]),
        Rule("FORCE loads a file again", [
            STAGE, TEXTS, Put("1.csv", b"1,x\n"), (ADMIN, CSV, ALL_IN),
            (ADMIN, "copy into t from @x file_format = (type = csv) force = true", ALL_IN),
            (ADMIN, "select count(*) from t", [(2,)]),
        ]),
        Rule("a file that has changed is loaded again", [
            STAGE, TEXTS, Put("1.csv", b"1,x\n"), (ADMIN, CSV, ALL_IN),
            Put("1.csv", b"2,y\n"), (ADMIN, CSV, ALL_IN),
        ]),
        Rule("a file that failed is tried again", [
            STAGE, TABLE, Put("1.csv", b"bad,x\n"),
            (ADMIN, SKIPPING, loaded(("LOAD_FAILED", 1, 0, 1))),
            (ADMIN, SKIPPING, loaded(("LOAD_FAILED", 1, 0, 1))),
        ]),
        Rule("the load history is the table's: truncated, it begins again", [
            STAGE, TEXTS, Put("1.csv", b"1,x\n"), (ADMIN, CSV, ALL_IN),
            (ADMIN, "truncate table t"), (ADMIN, CSV, ALL_IN),
        ]),
        Rule("a replaced table has no load history", [
            STAGE, TEXTS, Put("1.csv", b"1,x\n"), (ADMIN, CSV, ALL_IN),
            (ADMIN, "create or replace table t (a varchar, b varchar)"),
            (ADMIN, CSV, ALL_IN),
        ]),
        Rule("deleted rows leave the load history as it is", [
            STAGE, TEXTS, Put("1.csv", b"1,x\n"), (ADMIN, CSV, ALL_IN),
            (ADMIN, "delete from t"), (ADMIN, CSV, NOTHING),
        ]),
        Rule("a COPY that was rolled back has loaded nothing", [
            STAGE, TEXTS, Put("1.csv", b"1,x\n"), (ADMIN, "begin"),
            (ADMIN, CSV, ALL_IN), (ADMIN, "rollback"), (ADMIN, ROWS, []),
            (ADMIN, CSV, ALL_IN),
        ]),
        Rule("LOAD_HISTORY lists the files of tables that one sees", [
            STAGE, TEXTS, Put("1.csv", b"1,x\n"), (ADMIN, CSV, ALL_IN),
            (ADMIN, "select table_name, status, row_count from information_schema.load_history",
             [("T", "LOADED", 1)]),
            (ONE, "select table_name from information_schema.load_history", []),
        ]),
    ],
    METADATA: [
        Rule("INCLUDE_METADATA puts a file's name and a record's number into columns", [
            STAGE, (ADMIN, "create table t (a varchar, b int)"), Put("1.csv", b"v\n1\n2\n"),
            (ADMIN, f"copy into t from @x {HEADER} match_by_column_name = case_insensitive "
                    "include_metadata = (a = metadata$filename, b = metadata$file_row_number)",
             loaded(("LOADED", 2, 2, 0))),
            (ADMIN, "select a, b from t order by b", [("{db}/1.csv", 1), ("{db}/1.csv", 2)]),
        ]),
        Rule("an unknown metadata column is an error", [
            STAGE, TEXTS,
            (ADMIN, f"copy into t from @x {BY_NAME} include_metadata = (a = metadata$no_such)",
             Error("unknown metadata column")),
        ]),
        Rule("INCLUDE_METADATA needs MATCH_BY_COLUMN_NAME", [
            STAGE, TEXTS,
            (ADMIN, f"copy into t from @x {QUOTED} include_metadata = (a = metadata$filename)",
             Error("needs MATCH_BY_COLUMN_NAME")),
        ]),
        Rule("staged files are not queried: refused by name",
             [STAGE, (ADMIN, "select $1 from @x", Refused("queries over staged files"))]),
    ],
    TRANSFORM: [
        Rule("a transformation may leave out and reorder fields", [
            STAGE, TEXTS, Put("1.csv", b"0,x,1\n"),
            (ADMIN, "copy into t (b, a) from (select $2, $3 from @x) file_format = (type = csv)", ALL_IN),
            (ADMIN, ROWS, [("1", "x")]),
        ]),
        Rule("a transformation fills as many columns as it selects", [
            STAGE, TEXTS, Put("1.csv", b"0,x,1\n"),
            (ADMIN, "copy into t (b) from (select $2, $3 from @x) file_format = (type = csv)",
             Error("expecting 1 but got 2")),
        ]),
        Rule("expressions in a transformation are refused by name", [
            STAGE, TEXTS,
            (ADMIN, "copy into t (a) from (select upper($1) from @x) file_format = (type = csv)",
             Refused("of anything but $n and METADATA$")),
        ]),
    ],
}
# fmt: on
