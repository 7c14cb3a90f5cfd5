"""What a person brings into the local company: files, secrets and faults, refused with a sentence or brought in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.secrets_manager import SecretsManager
from assay.zones import Zone, load_zone
from local.company import inputs as company
from local.company.demo_company import company_secret
from local.company.inputs import CompanyError
from local.emulators.common import files
from local.emulators.common.files import StateError
from local.platform.provision import without_value
from local.state.endpoints import BUCKET, Endpoints
from tests.local.conftest import Server
from tools.runtime.layout import Layout

Service = Callable[[str], Server]


@pytest.fixture
def endpoints(tmp_path: Path, known: dict[str, Any]) -> Callable[..., Endpoints]:
    """Endpoints of a state folder in which just these servers run."""

    def of(*servers: Server) -> Endpoints:
        files.write_json(tmp_path / "ports.json", {server.name: server.port for server in servers})
        return Endpoints(Layout(tmp_path, tmp_path))

    return of


def zone(name: str, *sources: dict[str, Any]) -> Zone:
    people = {"owner": "somebody@example.com", "steward": "somebody@example.com", "channel": f"#zone-{name}"}
    texts = {"description": "A zone.", "runbook": "docs/runbooks/zone.md", "schedule": "0 5 * * *"}
    return Zone.model_validate({"zone": name, **people, **texts, "sources": list(sources), "publishes": []})


CARS = {"name": "cars", "kind": "files", "prefix": "cars/", "table": "cars"}
TRIPS = {"name": "trips", "kind": "files", "prefix": "trips/", "table": "trips", "pattern": r"trips-.*\.csv"}
TWO = zone("two", CARS, TRIPS)
NONE = zone("none", {"name": "planes", "kind": "sql_job", "job": "planes", "table": "planes"})


def test_a_file_is_put_where_the_zones_source_reads_it() -> None:
    assert company.key_of(TWO, "trips", "trips-1.csv") == "two/trips/trips-1.csv"
    assert company.key_of(TWO, "cars", "any.csv.gz") == "two/cars/any.csv.gz"
    assert company.key_of(zone("one", CARS), None, "any.csv") == "one/cars/any.csv"


@pytest.mark.parametrize(
    ("where", "source", "name", "sentence"),
    [
        (TWO, None, "a.csv", "Zone two has several sources of files: say --source, one of cars, trips."),
        (TWO, "bikes", "a.csv", 'Zone two has no source of files called "bikes"; it has cars, trips.'),
        (NONE, None, "a.csv", "Zone none has no source of files: add one of `kind: files` to its zone.yml."),
        (TWO, "trips", "a.csv", 'The source trips reads no file called "a.csv", only names like'),
        *(
            (TWO, "cars", name, f'The source cars reads no file called "{name}"')
            for name in ("../a.csv", "/a.csv", "x/a.csv", "../../two/loads/a.csv", "..", "")
        ),
    ],
)
def test_a_file_that_nothing_would_read_is_refused(where: Zone, source: str | None, name: str, sentence: str) -> None:
    with pytest.raises(CompanyError) as refused:
        company.key_of(where, source, name)
    assert str(refused.value).startswith(sentence)


def test_a_zone_that_is_not_there_is_refused_with_those_that_are(root: Path) -> None:
    with pytest.raises(CompanyError, match=r'There is no zone "nothing"; there are .*flights.*weather'):
        company.zone_of(root, "nothing")


def test_a_dropped_file_is_in_the_bucket_as_it_was(service: Service, endpoints: Callable[..., Endpoints]) -> None:
    where = endpoints(service("aws").start())
    s3 = where.aws("s3")
    with pytest.raises(StateError, match="The landing bucket is not there yet"):
        company.drop(where, "two/cars/a.csv", b"x\n1\n")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    assert company.drop(where, "two/cars/a.csv", b"x\n1\n") is False
    assert company.drop(where, "two/cars/a.csv", b"x\n2\n") is True
    assert s3.get_object(Bucket=BUCKET, Key="two/cars/a.csv")["Body"].read() == b"x\n2\n"


GOOD = {
    "assay/pods/crm": '{"CRM_TOKEN": "t0p"}',
    "assay/connections/crm": '{"conn_type": "http", "password": "t0p"}',
    "assay/variables/limit": "any text",
    "assay/syncs/crm": '{"TOKEN": "t0p"}',
}
READERS = {"assay/pods/crm": frozenset({"CRM_TOKEN"}), "assay/syncs/crm": frozenset({"TOKEN"})}


def test_a_secret_is_kept_as_the_platform_reads_it(service: Service, endpoints: Callable[..., Endpoints]) -> None:
    where = endpoints(service("aws").start())
    for name, text in GOOD.items():
        value = company.checked_secret(name, text, READERS)
        assert company.set_secret(where, name, value) is True
        assert company.set_secret(where, name, value) is False
        kept = where.aws("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
        assert kept == text if name.startswith("assay/variables/") else json.loads(kept) == json.loads(text)
    assert company.secret_names(where) == sorted(GOOD)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("crm", "{}"),
        ("assay/pods/", "{}"),
        ("assay/pods/a/b", '{"A": "t0p"}'),
        ("assay/pods/crm", "t0p"),
        ("assay/pods/crm", "{}"),
        ("assay/pods/crm", '{"A": ["t0p"]}'),
        ("assay/syncs/crm", '["t0p"]'),
        ("assay/connections/crm", '{"password": "t0p"}'),
        ("assay/connections/crm", "postgres://user:t0p@host"),
        ("assay/pods/crn", '{"CRM_TOKEN": "t0p"}'),
        ("assay/syncs/applied", '{"TOKEN": "t0p"}'),
        ("assay/pods/crm", '{"CRM_TOKEN": "t0p", "CRM_HOST": "t0p"}'),
        ("assay/syncs/crm", '{"OTHER": "t0p"}'),
        ("assay/pods/crm", ""),
        ("assay/variables/limit", ""),
        ("assay/connections/crm", ""),
    ],
)
def test_a_secret_that_nothing_could_read_is_refused_without_its_value(name: str, text: str) -> None:
    with pytest.raises(CompanyError) as refused:
        company.checked_secret(name, text, READERS)
    assert "t0p" not in str(refused.value)
    assert name in str(refused.value)


def test_what_the_demo_keeps_is_what_its_files_read(root: Path) -> None:
    """The secrets that `./assay up` makes have the names and keys that pods.yml and the files in airbyte/ ask for."""
    readers = company.secret_readers(root)
    assert readers["assay/pods/postgres-company"] == {"PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"}
    assert readers["assay/syncs/flights_api"] == {"FLIGHTS_API_URL", "FLIGHTS_API_TOKEN"}
    assert "assay/pods/warehouse-weather-loader" in readers
    with pytest.raises(CompanyError, match=r"lacks PGDATABASE, PGPASSWORD, PGPORT, PGUSER; its keys are"):
        company.checked_secret("assay/pods/postgres-company", '{"PGHOST": "t0p"}', readers)


def test_parts_fail_on_request_and_work_again(service: Service, endpoints: Callable[..., Endpoints]) -> None:
    where = endpoints(service("flights_api").start(), service("inbox").start())
    assert company.fault(where, "flights_api", {"status": 503, "times": 2})["times"] == 2
    assert company.fault(where, "flights_api", {})["times"] == 0
    assert company.fault(where, "inbox", {"status": 500}) == {"status": 500}
    assert company.fault(where, "inbox", {}) == {}
    assert company.fault(where, "flights_api", {"rate_limit": 5})["rate_limit"] == 5
    for wrong in ({"status": 200}, {"status": "500"}, {"status": True}, {"stat": 500}, {"status": 500, "times": 0}):
        for name in ("inbox", "flights_api"):
            with pytest.raises(StateError, match=f"{name} refused"):
                company.fault(where, name, wrong)
    for wrong in ({"times": 2}, {"rate_limit": -1}, {"rate_limit": "5"}, {"status": 503, "times": "2"}):
        with pytest.raises(StateError, match=r"flights_api refused .*: (times|rate_limit)"):
            company.fault(where, "flights_api", wrong)
    assert company.fault(where, "flights_api", {}) == {"status": None, "times": 0, "rate_limit": 0}


@pytest.mark.parametrize(("part_", "body"), [("warehouse", "{}"), ("inbox", "[]"), ("inbox", "stall")])
def test_a_fault_that_no_part_knows_is_refused(part_: str, body: str) -> None:
    with pytest.raises(CompanyError):
        company.parsed_fault(part_, body)


def test_the_login_of_the_companys_postgres_is_a_pod_secret(
    service: Service, endpoints: Callable[..., Endpoints], root: Path
) -> None:
    value = company_secret(endpoints(service("postgres")))
    readers = company.secret_readers(root)
    assert json.loads(company.checked_secret("assay/pods/postgres-company", json.dumps(value), readers)) == value


def test_a_secret_without_a_value_is_named(root: Path) -> None:
    class Kept(SecretsManager):
        def find(self, key: str) -> dict[str, Any] | None:
            return None if key in ("assay/pods/postgres-company", "assay/pods/landing-weather") else {}

    zones = [load_zone(root / "dags" / "zones" / name) for name in ("flights", "weather")]
    assert without_value(Kept(), zones) == ["assay/pods/landing-weather", "assay/pods/postgres-company"]
    assert without_value(Kept(), zones[:1]) == ["assay/pods/postgres-company"]
    assert without_value(Kept(), zones[1:]) == ["assay/pods/landing-weather"]


def test_a_row_goes_into_the_companys_postgres(service: Service, endpoints: Callable[..., Endpoints]) -> None:
    def accepts(server: Server) -> bool:
        try:
            company.company_sql(endpoints(server), "select 1")
        except StateError:
            return False
        return True

    where = endpoints(service("postgres").start(accepts))
    assert company.company_sql(where, "create table cars (name text)") == (["done"], [("CREATE TABLE",)])
    assert company.company_sql(where, "insert into cars values ('a'), ('b')") == (["rows"], [(2,)])
    assert company.company_sql(where, "select name from cars order by 1") == (["name"], [("a",), ("b",)])
    with pytest.raises(StateError, match="Postgres refused: relation"):
        company.company_sql(where, "select 1 from nothing")
