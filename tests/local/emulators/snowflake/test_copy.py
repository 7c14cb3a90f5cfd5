"""COPY INTO: files in the stage become rows, and each file's result is told as Snowflake tells it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from snowflake.connector import DictCursor, ProgrammingError, SnowflakeConnection

from .conftest import Person, run, scalar

HEADER = "FILE_FORMAT = (TYPE = CSV PARSE_HEADER = TRUE FIELD_OPTIONALLY_ENCLOSED_BY = '\"' NULL_IF = ('NA', ''))"
BRANCH = (
    f"{HEADER} MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE "
    "INCLUDE_METADATA = (_file = METADATA$FILENAME, _row = METADATA$FILE_ROW_NUMBER) ON_ERROR = CONTINUE FORCE = TRUE"
)

Put = Callable[[str, bytes | str], None]


@pytest.fixture
def put(s3: Any, database: str) -> Put:
    def upload(name: str, content: bytes | str) -> None:
        body = content.encode() if isinstance(content, str) else content
        s3.put_object(Bucket="landing", Key=f"{database}/{name}", Body=body)

    return upload


@pytest.fixture
def stage(admin: SnowflakeConnection, database: str) -> SnowflakeConnection:
    """A stage on the test's own prefix, a typed table and a branch of texts."""
    run(
        admin,
        f"create stage inbox url = 's3://landing/{database}/' storage_integration = landing",
        "create table typed (a int, b varchar(5), c date, d number(10,2))",
        "create transient table branch (a varchar, b varchar, _file varchar, _row int)",
    )
    return admin


def copy(connection: SnowflakeConnection, statement: str) -> list[dict[str, Any]]:
    with connection.cursor(DictCursor) as cursor:
        return list(cursor.execute(f"copy into {statement}").fetchall())  # type: ignore[union-attr, arg-type]


def test_the_files_of_a_stage_are_listed(stage: SnowflakeConnection, put: Put, database: str) -> None:
    put("one.csv", "a\n1\n")
    put("deep/two.csv.gz", gzip.compress(b"a\n2\n"))
    found = run(stage, f"list @{database}.s.inbox")
    assert [row[0] for row in found] == [
        f"s3://landing/{database}/deep/two.csv.gz",
        f"s3://landing/{database}/one.csv",
    ]
    assert found[1][1] == 4
    assert len(found[1][2]) == 32
    assert run(stage, "list @inbox/deep/")[0][0].endswith("two.csv.gz")
    assert run(stage, "list @inbox pattern = '.*one.*'")[0][0].endswith("one.csv")
    assert run(stage, "list @inbox/none") == []
    assert ("URL", f'["s3://landing/{database}/"]') in [(r[1], r[3]) for r in run(stage, "describe stage inbox")]
    assert run(stage, "show stages in schema s")[0][4] == f"s3://landing/{database}/"


def test_a_branch_takes_files_by_column_name_with_their_names_and_rows(
    stage: SnowflakeConnection, put: Put, database: str
) -> None:
    put("one.csv", 'B,extra,a\n"x, y",1,NA\n"",2,5\n')
    put("two.csv.gz", gzip.compress(b"a,b\n7,z\n"))
    result = copy(stage, f"branch from @inbox files = ('one.csv', 'two.csv.gz') {BRANCH}")
    assert [(r["file"], r["status"], r["rows_parsed"], r["rows_loaded"], r["errors_seen"]) for r in result] == [
        (f"s3://landing/{database}/one.csv", "LOADED", 2, 2, 0),
        (f"s3://landing/{database}/two.csv.gz", "LOADED", 1, 1, 0),
    ]
    assert run(stage, "select a, b, _file, _row from branch order by _file, _row") == [
        (None, "x, y", f"{database}/one.csv", 1),
        ("5", None, f"{database}/one.csv", 2),
        ("7", "z", f"{database}/two.csv.gz", 1),
    ]


def test_a_quoted_empty_field_is_a_text_and_an_unquoted_one_is_null(stage: SnowflakeConnection, put: Put) -> None:
    put("one.csv", '"",1\n,2\n')
    copy(stage, "branch (a, b) from @inbox file_format = (type = csv field_optionally_enclosed_by = '\"')")
    assert run(stage, "select a, b from branch order by b") == [("", "1"), (None, "2")]


@pytest.mark.parametrize("end", ["", "\n"])
def test_nothing_after_a_quoted_field_is_null_also_where_the_file_ends(
    stage: SnowflakeConnection, put: Put, end: str
) -> None:
    put("one.csv", f'"x",{end}')
    copy(stage, "branch (a, b) from @inbox file_format = (type = csv field_optionally_enclosed_by = '\"')")
    assert run(stage, "select a, b from branch") == [("x", None)]


def test_bad_rows_are_counted_and_the_good_ones_loaded(stage: SnowflakeConnection, put: Put, database: str) -> None:
    put(
        "typed.csv",
        "a,b,c,d\n1,x,2013-01-01,1.50\nnone,x,2013-01-02,2\n3,toolong,2013-01-03,3\n4,y,2013-13-01,4\n5,y,,\n",
    )
    result = copy(
        stage, f"typed from @inbox/typed.csv {HEADER} match_by_column_name = case_insensitive on_error = continue"
    )
    one = result[0]
    assert (one["status"], one["rows_parsed"], one["rows_loaded"], one["errors_seen"]) == ("PARTIALLY_LOADED", 5, 2, 3)
    assert one["first_error"] == "Numeric value 'none' is not recognized"
    assert one["first_error_line"] == 3
    assert one["first_error_column_name"] == '"TYPED"["A":1]'
    assert run(stage, "select a, b, c, d from typed order by a")[1] == (5, "y", None, None)


def test_a_ragged_row_is_an_error_with_its_line(stage: SnowflakeConnection, put: Put) -> None:
    put("ragged.csv", 'a,b\n1,x\n"two\nlines",y\n3\n4,z,more\n5,w\n')
    one = copy(stage, f"branch from @inbox {BRANCH}")[0]
    assert (one["status"], one["rows_parsed"], one["rows_loaded"], one["errors_seen"]) == ("PARTIALLY_LOADED", 5, 3, 2)
    assert "Number of columns in file (1) does not match" in one["first_error"]
    assert one["first_error_line"] == 5
    assert run(stage, "select a, _row from branch order by _row") == [("1", 1), ("two\nlines", 2), ("5", 5)]


def test_ragged_rows_are_padded_and_cut_where_the_format_allows_it(stage: SnowflakeConnection, put: Put) -> None:
    put("ragged.csv", "1,x\n2\n3,y,more\n")
    format = "file_format = (type = csv error_on_column_count_mismatch = false)"
    assert copy(stage, f"branch (a, b) from @inbox {format}")[0]["status"] == "LOADED"
    assert run(stage, "select a, b from branch order by a") == [("1", "x"), ("2", None), ("3", "y")]


def test_an_empty_file_loads_nothing_and_a_truncated_one_fails(stage: SnowflakeConnection, put: Put) -> None:
    whole = gzip.compress(("a,b\n" + "1,x\n" * 5000).encode())
    put("empty.csv", "")
    put("good.csv", "a,b\n1,x\n")
    put("torn.csv.gz", whole[: len(whole) // 2])
    put("wrong.csv.gz", b"this is not gzip")
    found = {r["file"].rsplit("/", 1)[1]: r for r in copy(stage, f"branch from @inbox {BRANCH}")}
    assert (found["empty.csv"]["status"], found["empty.csv"]["rows_loaded"]) == ("LOADED", 0)
    assert found["good.csv"]["status"] == "LOADED"
    for broken in ("torn.csv.gz", "wrong.csv.gz"):
        assert (found[broken]["status"], found[broken]["rows_loaded"]) == ("LOAD_FAILED", 0)
        assert found[broken]["errors_seen"] == 1
    assert "truncated" in found["torn.csv.gz"]["first_error"]
    assert scalar(stage, "select count(*) from branch") == 1


def test_bytes_that_are_not_utf8_fail_the_file(stage: SnowflakeConnection, put: Put) -> None:
    put("latin.csv", b"a,b\n1,caf\xe9\n")
    one = copy(stage, f"branch from @inbox {BRANCH}")[0]
    assert (one["status"], one["first_error_line"]) == ("LOAD_FAILED", 2)
    assert "Invalid UTF8" in one["first_error"]


def test_by_default_the_first_error_stops_everything(stage: SnowflakeConnection, put: Put) -> None:
    put("1.csv", "1,x,2013-01-01,1\n")
    put("2.csv", "2,x,2013-01-01,1\nbad,x,2013-01-01,1\n")
    with pytest.raises(ProgrammingError, match="Numeric value 'bad' is not recognized") as stopped:
        copy(stage, "typed from @inbox file_format = (type = csv)")
    assert "line 2" in str(stopped.value)
    assert scalar(stage, "select count(*) from typed") == 0
    result = copy(stage, "typed from @inbox file_format = (type = csv) on_error = skip_file")
    assert [(r["status"], r["rows_loaded"]) for r in result] == [("LOADED", 1), ("LOAD_FAILED", 0)]


def test_a_file_is_loaded_once_unless_it_changes_or_is_forced(stage: SnowflakeConnection, put: Put) -> None:
    put("1.csv", "1,x\n")
    load = "branch (a, b) from @inbox file_format = (type = csv)"
    assert copy(stage, load)[0]["status"] == "LOADED"
    assert copy(stage, load) == [{"status": "Copy executed with 0 files processed."}]
    put("2.csv", "2,y\n")
    assert [r["rows_loaded"] for r in copy(stage, load)] == [1]
    put("1.csv", "1,mended\n")
    assert [r["rows_loaded"] for r in copy(stage, load)] == [1]
    assert len(copy(stage, f"{load} force = true")) == 2
    assert scalar(stage, "select count(*) from branch") == 5
    run(stage, "truncate table branch")
    assert len(copy(stage, load)) == 2


def test_a_named_file_that_is_not_there_is_an_error_or_a_failed_file(stage: SnowflakeConnection, put: Put) -> None:
    with pytest.raises(ProgrammingError, match="was not found"):
        copy(stage, "branch (a, b) from @inbox files = ('no.csv') file_format = (type = csv)")
    result = copy(stage, "branch (a, b) from @inbox files = ('no.csv') file_format = (type = csv) on_error = continue")
    assert result[0]["status"] == "LOAD_FAILED"


def test_json_loads_by_name_and_as_one_variant(stage: SnowflakeConnection, put: Put) -> None:
    put("x.json", '[{"a": 1, "B": "two", "more": {"k": [1]}}, {"a": null, "B": "three"}]')
    run(stage, "create table documents (v variant)")
    format = "file_format = (type = json strip_outer_array = true)"
    assert copy(stage, f"branch from @inbox {format} match_by_column_name = case_insensitive")[0]["rows_loaded"] == 2
    assert run(stage, "select a, b from branch order by b") == [(None, "three"), ("1", "two")]
    copy(stage, f"documents from @inbox {format}")
    assert run(stage, "select v:more.k[0]::int, v:B::string from documents order by 2") == [(None, "three"), (1, "two")]


def test_a_named_file_format_is_used(stage: SnowflakeConnection, put: Put) -> None:
    put("semi.txt", "skip me\n1;x \n")
    run(stage, "create file format semi type = csv field_delimiter = ';' skip_header = 1 trim_space = true")
    copy(stage, "branch (a, b) from @inbox pattern = '.*[.]txt' file_format = (format_name = semi)")
    assert run(stage, "select a, b from branch") == [("1", "x")]


def test_loading_needs_insert_on_the_table_and_usage_of_the_stage(
    stage: SnowflakeConnection, put: Put, person: Callable[[str], Person], database: str
) -> None:
    put("1.csv", "1,x\n")
    loader = person("loader")
    run(
        stage,
        f"grant usage on database {database} to role {loader.role}",
        f"grant usage on schema s to role {loader.role}",
        f"grant select on table branch to role {loader.role}",
    )
    session = loader.connect(database=database, schema="S")
    load = "branch (a, b) from @inbox file_format = (type = csv)"
    with pytest.raises(ProgrammingError, match="Insufficient privileges"):
        copy(session, load)
    run(stage, f"grant insert on table branch to role {loader.role}")
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
        copy(session, load)
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
        run(session, "list @inbox")
    run(stage, f"grant usage on stage inbox to role {loader.role}")
    assert copy(session, load)[0]["rows_loaded"] == 1


def test_what_it_cannot_do_it_says(stage: SnowflakeConnection) -> None:
    for statement in (
        "branch (a) from (select upper($1) from @inbox)",
        "branch (a) from (select substr($1, 2) from @inbox)",
        "branch (a) from (select $1:x from @inbox)",
        "branch from @inbox file_format = (type = parquet)",
        "branch from @inbox file_format = (type = csv encoding = 'iso-8859-1')",
        "branch from @inbox purge = true",
        "branch from @inbox validation_mode = return_errors",
        "@inbox from branch",
        "branch from @%branch",
    ):
        with pytest.raises(ProgrammingError, match=r"does not support|expected"):
            copy(stage, statement)


def test_many_thousands_of_rows_load_in_seconds(stage: SnowflakeConnection, put: Put) -> None:
    put("big.csv", "a,b\n" + "".join(f"{i},text {i}\n" for i in range(100_000)))
    one = copy(stage, f"branch from @inbox {BRANCH}")[0]
    assert one["rows_loaded"] == 100_000
    assert scalar(stage, "select max(_row) from branch") == 100_000


def test_a_copy_is_part_of_its_transaction(stage: SnowflakeConnection, put: Put) -> None:
    put("1.csv", "1,x\n")
    load = "branch (a, b) from @inbox file_format = (type = csv)"
    run(stage, "begin")
    copy(stage, load)
    run(stage, "rollback")
    assert scalar(stage, "select count(*) from branch") == 0
    assert copy(stage, load)[0]["rows_loaded"] == 1


SELECTED = (
    "file_format = (type = csv skip_header = 1 field_optionally_enclosed_by = '\"' escape_unenclosed_field = none)"
)


def test_a_transformation_takes_fields_by_their_place_with_file_and_record(
    stage: SnowflakeConnection, put: Put, database: str
) -> None:
    put("one, 'two' %41+é.csv", 'x,b,a\n0,"x, \ny",1\n0,\\N,"q""q"\n')
    result = copy(
        stage,
        f"branch (a, b, _file, _row) from (select f.$3, $2, substr(metadata$filename, {len(database) + 2}), "
        "METADATA$FILE_ROW_NUMBER from @inbox f) "
        f"files = ('one, ''two'' %41+é.csv') {SELECTED} on_error = continue",
    )
    assert [(r["status"], r["rows_parsed"], r["rows_loaded"]) for r in result] == [("LOADED", 2, 2)]
    assert run(stage, "select a, b, _file, _row from branch order by _row") == [
        ("1", "x, \ny", "one, 'two' %41+é.csv", 1),
        ('q"q', None, "one, 'two' %41+é.csv", 2),
    ]


def test_a_transformation_does_not_count_fields(stage: SnowflakeConnection, put: Put) -> None:
    put("ragged.csv", "a,b\n1,x\n2\n3,y,more\n")
    assert copy(stage, f"branch (b, a) from (select $2, $1 from @inbox) {SELECTED}")[0]["status"] == "LOADED"
    assert run(stage, "select a, b from branch order by a") == [("1", "x"), ("2", None), ("3", "y")]
    with pytest.raises(ProgrammingError, match="expecting 1 but got 2"):
        copy(stage, f"branch (b) from (select $2, $1 from @inbox) {SELECTED}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('a,b\n1,"two\n', "quote that does not enclose"),
        ('a,b\n1,"2"x\n', "quote that does not enclose"),
        ("a,b\r1,2\r", "does not support carriage returns"),
        ("a,b\n1,C:\\temp\n", "ESCAPE_UNENCLOSED_FIELD = NONE"),
    ],
)
def test_a_file_that_could_be_read_in_two_ways_fails(
    stage: SnowflakeConnection, put: Put, content: str, said: str
) -> None:
    put("odd.csv", content)
    one = copy(stage, f"branch from @inbox {BRANCH}")[0]
    assert (one["status"], one["rows_loaded"]) == ("LOAD_FAILED", 0)
    assert said in one["first_error"]
