from __future__ import annotations

import re
from pathlib import Path

import pytest

from assay.errors import ConfigurationError
from assay.permissions.spec import load
from tests.plugins.assay.permissions.cases import spec, whole
from tests.sentences import unlined

PERMIFROST = """
version: "1.0"
require-owner: true
databases: [{raw: {shared: false, owner: loader}}]
warehouses: [{adhoc_wh: {size: x-small, owner: loader}}]
integrations: [{landing: {owner: loader}}]
roles:
  - loader:
      owner: anna
      warehouses: [adhoc_wh]
      member_of: {include: ["*"], exclude: [reporter]}
      privileges: {databases: {read: [raw]}, tables: {write: [raw.public.*]}}
  - reporter: {}
  - analyst
users:
  - anna: {can_login: true, member_of: [loader]}
"""


def test_a_file_of_permifrosts_is_read() -> None:
    found = spec(PERMIFROST)
    assert found.decided == {"LOADER", "REPORTER", "ANALYST"}
    assert sorted(found.roles) == ["LOADER", "REPORTER"], "what is only named is not described"
    assert found.roles["LOADER"].member_of == ("ANALYST",)
    assert (found.people["ANNA"].default_role, found.people["ANNA"].default_warehouse) == ("LOADER", "ADHOC_WH")


@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
def test_the_environments_own_files_are_in_order(root: Path, environment: str) -> None:
    found = load(root / f"dags/config/{environment}/roles.yml", ["flights", "weather"], environment)
    assert found.people["ANNA_KELLER"].default_role == f"{environment.upper()}_FLIGHTS_OWNER"
    assert found.people["LENA_BRANDT"].default_warehouse == f"{environment.upper()}_FLIGHTS_WH"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rols: []", "rols is not a key that is known here"),
        ("users: [{anna: {member_of: [], adress: x}}]", "users.anna.adress is not a key that is known here"),
        ("users: {anna: {}}", "users must be a list, with a dash before each name"),
        ("users: [anna, {Anna: {}}]", "users Anna is listed twice"),
        ("users: [{anna.keller: {}}]", 'users.anna.keller is "ANNA.KELLER", which does not match'),
        ("users: ['anna; drop user x']", 'is "ANNA; DROP USER X", which does not match'),
        (
            "users: [{anna: {member_of: [local_flights_ownr]}}]",
            "users.anna.member_of: there is no role local_flights_ownr (did you mean local_flights_owner?)",
        ),
        ("users: [{anna: {member_of: [accountadmin]}}]", "users.anna.member_of: accountadmin is protected"),
        (
            "users: [{anna: {member_of: [local_flights_loader]}}]",
            "users.anna.member_of: local_flights_loader is a program's role; it is not given here",
        ),
        ("users: [local_flights_loader]", "users.local_flights_loader: this user is a program's"),
        ("roles: [securityadmin]", "roles.securityadmin: securityadmin is protected; leave it out"),
        ("roles: [sysadmin: {warehouses: [x]}]", "roles.sysadmin: what it may do is not said here"),
        (
            "roles: [local_flights_owner: {warehouses: [x]}]",
            "roles.local_flights_owner: what it may do is not said here",
        ),
        ("roles: [r: {owns: {databases: [raw]}}]", "roles.r.owns: ownership is Terraform's"),
        (
            "roles: [r: {privileges: {tables: {read: [local_flights.gold.*]}}}]",
            "roles.r.privileges.tables.read: local_flights is the platform's",
        ),
        (
            "roles: [r: {privileges: {tables: {read: [raw.public]}}}]",
            "roles.r.privileges.tables.read: raw.public must be written database.schema.table",
        ),
        ("roles: [a: {member_of: [b]}, b: {member_of: [a]}]", "a role cannot contain itself"),
        ("database_roles: [reading: {}]", "database_roles.reading: a database role is written database.role"),
        (
            "database_roles: [raw.reading: {}]\nusers: [{anna: {member_of: [raw.reading]}}]",
            "users.anna.member_of: raw.reading is a database role, which only roles can have",
        ),
        (
            "users: [{anna: {member_of: [sysadmin]}}]",
            "users.anna: no warehouse goes with sysadmin; give a default_warehouse",
        ),
        (
            "users: [{anna: {member_of: [sysadmin], default_role: local_flights_owner, default_warehouse: w}}]",
            "users.anna.default_role: local_flights_owner is not among its member_of",
        ),
        ("- a", "must be a mapping"),
        ("a: [", "not valid YAML"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "prod" / "roles.yml"
    path.parent.mkdir()
    path.write_text(whole(text) if re.match(r"\w+:", text) and "a: [" not in text else text)
    with pytest.raises(ConfigurationError) as refused:
        load(path, ["flights", "weather"], "local")
    said = unlined(str(refused.value))
    assert sentence in said
    assert all(line.startswith("config/prod/roles.yml: ") for line in said.splitlines())


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as refused:
        spec("users: [{anna: {member_of: [orgadmin, nobody]}}, {jonas: {member_of: [public]}}]")
    assert len(str(refused.value).splitlines()) == 3
