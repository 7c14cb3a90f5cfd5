from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from assay.errors import ConfigurationError
from assay.permissions.apply import statements
from assay.permissions.model import Thing
from assay.permissions.plan import plan
from assay.permissions.roles_file import (
    DatabaseEntry,
    IntegrationEntry,
    RoleEntry,
    RolesFile,
    UserEntry,
    WarehouseEntry,
)
from assay.permissions.spec import load
from tests.plugins.assay.permissions.cases import snapshot, spec, whole
from tests.sentences import unlined

PERMIFROST = """
version: 1.0
require-owner: yes
databases:
  - raw-lake: {shared: no, owner: loader, meta: {team: data, cost: 12}}
  - account_share: {shared: yes, owner: accountadmin}
warehouses: [{adhoc-wh: {size: x-small, owner: loader}}]
integrations: [{landing: {category: storage, owner: accountadmin}}]
roles:
  - loader:
      owner: anna
      meta: {reviewed_by: [security]}
      warehouses: [adhoc-wh]
      integrations: [landing]
      member_of: {include: ["*"], exclude: [reporter]}
      owns: {}
      privileges:
        databases: {read: [raw-lake], write: [raw-lake]}
        schemas: {read: [raw-lake.*, raw-lake.day_*]}
        tables: {read: [raw-lake.*.*, raw-lake.day_*.*], write: [raw-lake.public.*, raw-lake.public.orders]}
  - gitlab-ci: {owner: anna}
  - reporter: {owner: anna}
users:
  - anna.keller: {can_login: yes, owner: useradmin, member_of: [loader]}
  - gitlab-ci: {can_login: no, owner: useradmin, member_of: [loader, gitlab-ci]}
"""
"""Every key of Permifrost's spec schema, and the spellings that its users' files have."""


def test_a_file_of_permifrosts_is_read() -> None:
    found = spec(PERMIFROST)
    assert found.decided == {"LOADER", "GITLAB-CI", "REPORTER"}
    assert found.roles["LOADER"].member_of == ("GITLAB-CI",)
    anna, ci = found.people["ANNA.KELLER"], found.people["GITLAB-CI"]
    assert (anna.default_role, anna.default_warehouse, anna.can_login) == ("LOADER", "ADHOC-WH", True)
    assert (ci.member_of, ci.can_login) == (("LOADER", "GITLAB-CI"), False), "a user may have the name of its role"
    assert found.listed == {
        Thing("DATABASE", "RAW-LAKE"): "LOADER",
        Thing("DATABASE", "ACCOUNT_SHARE"): "ACCOUNTADMIN",
        Thing("WAREHOUSE", "ADHOC-WH"): "LOADER",
        Thing("INTEGRATION", "LANDING"): "ACCOUNTADMIN",
    }
    assert found.owners[Thing("ROLE", "LOADER")] == "ANNA"
    assert found.owners[Thing("USER", "GITLAB-CI")] == "USERADMIN"


def test_names_that_need_quotes_are_written_in_quotes() -> None:
    there = snapshot(
        things=("database RAW-LAKE", "warehouse ADHOC-WH", "integration LANDING", "schema RAW-LAKE.PUBLIC"),
    )
    planned = [" ".join(each.split()) for each in statements(plan(spec(PERMIFROST), there))]
    for statement in (
        'grant ROLE LOADER to USER "ANNA.KELLER"',
        'grant ROLE "GITLAB-CI" to ROLE LOADER',
        "grant USAGE on INTEGRATION LANDING to ROLE LOADER",
        'grant USAGE on WAREHOUSE "ADHOC-WH" to ROLE LOADER',
        'grant CREATE SCHEMA on DATABASE "RAW-LAKE" to ROLE LOADER',
        'grant SELECT on FUTURE TABLES in SCHEMA "RAW-LAKE".PUBLIC to ROLE LOADER',
    ):
        assert statement in planned
    made = [each for each in planned if each.startswith("create user")]
    assert any(each.startswith('create user if not exists "ANNA.KELLER" default_role = LOADER') for each in made)
    assert all('default_warehouse = "ADHOC-WH"' in each for each in made)


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "Yes", "NO", "true", "False"])
def test_permifrosts_switches_mean_what_its_own_reader_makes_of_them(word: str) -> None:
    found = spec(f"users: [{{anna: {{can_login: {word}, member_of: []}}}}]")
    assert found.people["ANNA"].can_login is yaml.safe_load(word)


@pytest.mark.parametrize("version", ['"1.0"', "1.0", "'1.0'", "1"])
def test_the_version_may_be_without_quotes(version: str) -> None:
    assert spec(f"version: {version}").people == {}


def test_every_key_of_the_format_is_in_the_documented_table(root: Path) -> None:
    """What a key does is said for each of them; one that is added here and not there fails."""
    table = (root / "docs/permissions.md").read_text()
    models = (RolesFile, RoleEntry, UserEntry, DatabaseEntry, WarehouseEntry, IntegrationEntry)
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert {key for key in keys if f"`{key}`" not in table} == set()


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
        ("users: [{'anna keller': {}}]", 'is "ANNA KELLER", which does not match'),
        ("roles: [a.b.c: {}]", 'is "A.B.C", which does not match'),
        ('version: "2.0"', "version"),
        ("version: true", "version"),
        ("masking_policies: [{mask: {}}]", "masking_policies is not a key that is known here"),
        ("databases: [{raw: {shred: no}}]", "databases[0].raw.shred is no, which YAML readers take for different"),
        ("databases: [{raw: {shred: false}}]", "databases.raw.shred is not a key that is known here"),
        ("warehouses: [{w: {max_cluster_count: 2}}]", "warehouses.w.max_cluster_count is not a key that is known"),
        ("integrations: [{i: {type: storage}}]", "integrations.i.type is not a key that is known here"),
        ("roles: [r: {privileges: {stages: {read: [raw.a.b]}}}]", "privileges.stages is not a key that is known here"),
        ("roles: [r: {integrations: [landing]}]", "roles.r.integrations: landing is not listed under integrations"),
        ("roles: [r: {meta: [a]}]", "roles.r.meta"),
        ("roles: [r: {owner: 'a b'}]", "roles.r.owner"),
        ("require-owner: yes\nroles: [r]", "roles.r: has no owner, and require-owner is set; name its owner"),
        (
            "require-owner: yes\ndatabases: [{raw: {shared: no}}]",
            "databases.raw: has no owner, and require-owner is set; name its owner",
        ),
        (
            "databases: [{s: {shared: yes}}]\nroles: [r: {privileges: {databases: {read: [s]}}}]",
            "roles.r.privileges.databases.read: s is in a shared database",
        ),
        (
            "roles: [r: {privileges: {tables: {read: ['raw.public.day_*']}}}]",
            "roles.r.privileges.tables.read: raw.public.day_* has a star for a part of a table's name",
        ),
        (
            "roles: [r: {privileges: {tables: {read: ['raw.*.orders']}}}]",
            "roles.r.privileges.tables.read: raw.*.orders has a star",
        ),
        ("roles: [r: {privileges: {databases: {read: ['*']}}}]", "does not match"),
        ("roles: [r: {meta: {kept: yes}}]", "roles[0].r.meta.kept is yes, which YAML readers take for different"),
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
        ("roles: [a: {member_of: [a]}]", "a role cannot contain itself"),
        (
            "roles: [a: {member_of: {include: ['*'], exclude: [b]}}]",
            "roles.a.member_of.exclude: there is no role b; correct its spelling, or leave it out",
        ),
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
    path.write_text(whole(text) if re.match(r"[\w-]+:", text) and "a: [" not in text else text)
    with pytest.raises(ConfigurationError) as refused:
        load(path, ["flights", "weather"], "local")
    said = unlined(str(refused.value))
    assert sentence in said
    assert all(line.startswith("config/prod/roles.yml: ") for line in said.splitlines())


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as refused:
        spec("users: [{anna: {member_of: [orgadmin, nobody]}}, {jonas: {member_of: [public]}}]")
    assert len(str(refused.value).splitlines()) == 3
