"""The loader's programs as a pod runs them, against a real Postgres server and the embedded S3."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest

from tests.local.emulators.airbyte.servers import World

BUCKET = "assay-local-landing"
FOLDER = "flights/loads/planes_export/L0123456789AB/"


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """Both servers, and the environment a pod would get from its secrets."""

    root: Path
    python: Path
    environment: dict[str, str]
    s3: Any

    def run(self, program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.root / 'images' / 'loader' / 'bin'}:{self.python.parent}:/usr/bin:/bin"
        return subprocess.run(
            [self.root / "images" / "loader" / "bin" / program, *arguments],
            env={"PATH": path} | self.environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def query(self, statement: str) -> None:
        with psycopg.connect(
            host="127.0.0.1",
            port=self.environment["PGPORT"],
            user="company",
            password=self.environment["PGPASSWORD"],
            dbname="company",
        ) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def parts(self) -> dict[str, str]:
        """The load's files by name, unpacked."""
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=FOLDER).get("Contents", [])
        return {
            item["Key"].removeprefix(FOLDER): gzip.decompress(
                self.s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read()
            ).decode()
            for item in found
        }


@pytest.fixture(scope="module")
def site(root: Path, env_python: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    state = tmp_path_factory.mktemp("loader")
    world = World.create(root, state, env_python, _port)
    file = state / "credentials.json"
    known = json.loads(file.read_text()) | {
        "postgres": {"airflow": "unused", "company_reader": "unused", "company": secrets.token_urlsafe(12)}
    }
    file.write_text(json.dumps(known))
    port = _port()
    with (
        world.serve("aws", "platform", state / "aws", "--policies", world.aws_policies) as (url, _),
        (state / "postgres.log").open("wb") as log,
    ):
        command = [
            env_python("platform"),
            "-m",
            "local.emulators.postgres",
            "--port",
            str(port),
            "--state",
            state / "postgres",
        ]
        postgres = subprocess.Popen(
            command, cwd=root, env=os.environ | {"ASSAY_CREDENTIALS": str(file)}, stdout=log, stderr=log
        )
        try:
            environment = {
                "PGHOST": "127.0.0.1",
                "PGPORT": str(port),
                "PGUSER": "company",
                "PGPASSWORD": known["postgres"]["company"],
                "PGDATABASE": "company",
                "AWS_ENDPOINT_URL": url,
                "AWS_REGION": "eu-central-1",
                "AWS_DEFAULT_REGION": "eu-central-1",
                # The rights of the zone's own pods: what the programs call is allowed to them.
                "AWS_ACCESS_KEY_ID": known["aws"]["pods-flights"]["access_key_id"],
                "AWS_SECRET_ACCESS_KEY": known["aws"]["pods-flights"]["secret_access_key"],
                "ASSAY_LANDING_URL": f"s3://{BUCKET}/{FOLDER}",
            }
            s3 = boto3.client(
                "s3",
                endpoint_url=url,
                region_name="eu-central-1",
                aws_access_key_id=known["aws"]["administrator"]["access_key_id"],
                aws_secret_access_key=known["aws"]["administrator"]["secret_access_key"],
            )
            s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
            made = Site(root, env_python("loader"), environment, s3)
            _wait(made, postgres, state / "postgres.log")
            made.query("create table planes (tailnum text primary key, year integer, model text, seen timestamptz)")
            made.query(
                "insert into planes values "
                "('N1', 2004, 'EMB, long', '2013-01-01 10:00+01'), ('N2', null, '', null), ('N3', 1998, 'a\nb', null)"
            )
            yield made
        finally:
            postgres.terminate()
            postgres.wait(20)


def _wait(site: Site, postgres: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            return site.query("select 1")
        except psycopg.OperationalError:
            assert postgres.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)


@pytest.fixture(autouse=True)
def _empty_folder(site: Site) -> None:
    for name in site.parts():
        site.s3.delete_object(Bucket=BUCKET, Key=FOLDER + name)


def test_a_table_becomes_a_csv_file_with_a_header_and_nothing_where_nothing_is_known(site: Site) -> None:
    done = site.run("export-postgres", "planes")
    assert done.returncode == 0, done.stderr
    assert "3 rows in 1 part" in done.stdout
    (content,) = site.parts().values()
    assert list(csv.reader(io.StringIO(content))) == [
        ["tailnum", "year", "model", "seen"],
        ["N1", "2004", "EMB, long", "2013-01-01 09:00:00+00"],
        ["N2", "", "", ""],
        ["N3", "1998", "a\nb", ""],
    ]
    assert 'N2,,"",' in content, "a null is an empty field without quotes, an empty text has them"


def test_booleans_are_words_and_floats_have_all_their_digits(site: Site) -> None:
    query = 'select 1 as id, true as yes, 0.1::float8 + 0.2 as sum, null::boolean as "Un Known", false as no order by 1'
    done = site.run("sql-job", ASSAY_JOB_SQL=query)
    assert done.returncode == 0, done.stderr
    (content,) = site.parts().values()
    assert content == "id,yes,sum,Un Known,no\n1,true,0.30000000000000004,,false\n"


def test_a_query_runs_as_it_is_written_comments_and_percent_signs_included(site: Site) -> None:
    query = "-- which\nselect tailnum from planes where model like 'EMB%'"
    for ending in (";\n", " -- the last line"):
        done = site.run("sql-job", ASSAY_JOB_SQL=query + ending)
        assert done.returncode == 0, done.stderr
        assert site.parts() == {"part-0000.csv.gz": "tailnum\nN1\n"}


def test_a_query_without_rows_still_leaves_its_header(site: Site) -> None:
    assert site.run("sql-job", ASSAY_JOB_SQL="select tailnum from planes where false").returncode == 0
    assert site.parts() == {"part-0000.csv.gz": "tailnum\n"}


def test_a_second_try_leaves_nothing_of_the_first(site: Site) -> None:
    site.s3.put_object(Bucket=BUCKET, Key=f"{FOLDER}part-0007.csv.gz", Body=b"left over")
    assert site.run("export-postgres", "planes").returncode == 0
    assert list(site.parts()) == ["part-0000.csv.gz"]


def test_a_query_cannot_write(site: Site) -> None:
    done = site.run("sql-job", ASSAY_JOB_SQL="with gone as (delete from planes returning *) select * from gone")
    assert done.returncode == 1
    assert "Postgres rejects the query" in done.stderr
    assert not site.parts()


def test_a_table_that_is_not_there_is_one_sentence_and_final(site: Site) -> None:
    done = site.run("export-postgres", "planets")
    assert done.returncode == 1
    assert done.stderr.startswith('export-postgres: Postgres rejects the query: relation "planets" does not exist')
    assert len(done.stderr.splitlines()) == 1


def test_a_server_that_is_away_may_be_tried_again(site: Site) -> None:
    done = site.run("export-postgres", "planes", PGPORT=str(_port()))
    assert done.returncode == 75
    assert "The Postgres server does not answer" in done.stderr
    assert site.environment["PGPASSWORD"] not in done.stderr


def test_a_bucket_that_is_not_there_is_one_sentence(site: Site) -> None:
    done = site.run("export-postgres", "planes", ASSAY_LANDING_URL="s3://elsewhere/folder/")
    assert done.returncode == 1
    assert "S3 rejects s3://elsewhere/folder/" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_secret_is_named(site: Site) -> None:
    done = site.run("sql-job", PGPASSWORD="")
    assert done.returncode == 1
    assert "PGPASSWORD, ASSAY_JOB_SQL are not set" in done.stderr


def test_values_are_written_so_that_nothing_is_lost_whatever_the_server_is_set_to(site: Site) -> None:
    for setting in ("extra_float_digits = -10", "bytea_output = 'escape'", "intervalstyle = 'sql_standard'",
                    "datestyle = 'German'", "timezone = 'Asia/Tokyo'"):  # fmt: skip
        site.query(f"alter role company set {setting}")
    query = """
        select 0.1::float8 + 0.2 as f, 1e20::real as r, 'NaN'::numeric as n, 'infinity'::timestamptz as t,
            '2013-01-01 10:00:00.000001+01'::timestamptz as tz, 12345678901234567890.123456789::numeric as d,
            '\\xDEADBEEF'::bytea as b, interval '1 day 2 hours' as i, array['a,b', 'c"d', null] as a,
            E'line\\nend\\r\\t\\\\' as s, '\\.' as dot, null as x, '' as y
    """
    try:
        done = site.run("sql-job", ASSAY_JOB_SQL=query)
    finally:
        site.query("alter role company reset all")
    assert done.returncode == 0, done.stderr
    (content,) = site.parts().values()
    found = next(csv.DictReader(io.StringIO(content, newline="")))
    assert found == {
        "f": "0.30000000000000004", "r": "1e+20", "n": "NaN", "t": "infinity", "tz": "2013-01-01 09:00:00.000001+00",
        "d": "12345678901234567890.123456789", "b": "\\xdeadbeef", "i": "P1DT2H", "a": '{"a,b","c\\"d",NULL}',
        "s": "line\nend\r\t\\", "dot": "\\.", "x": "", "y": "",
    }  # fmt: skip
    assert content.endswith(',,""\n')


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select null::text as a", "Row 1 of the only column is null"),
        ("select unnest(array['a', '', null]) as a", "Row 3 of the only column is null"),
        ("select from planes", "The query has no columns"),
    ],
)
def test_what_a_file_cannot_say_is_refused(site: Site, query: str, said: str) -> None:
    done = site.run("sql-job", ASSAY_JOB_SQL=query)
    assert done.returncode == 1
    assert said in done.stderr
    assert not site.parts()
