"""What Terraform makes in production is what the embedded warehouse gets from `assay.grants`, grant by grant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.grants import zone_grants
from assay.secrets import declared
from assay.settings import load
from assay.zones.names import ServiceRole, ZoneNames
from assay.zones.reader import load_zones
from local.state import aws_rights
from tests.terraform.workspace import ENVIRONMENTS, Workspace

Fact = tuple[str, ...]

CREATES = re.compile(r"create (database|schema|role|user|warehouse|stage|table) if not exists (\S+)(.*)", re.S | re.I)
INTEGRATES = re.compile(
    r"create storage integration if not exists (\S+) type = external_stage storage_provider = 'S3'\s+enabled = true "
    r"storage_aws_role_arn = '(.+?)'\s+storage_allowed_locations = \('(.+?)'\)$",
    re.I,
)
SHOWS = re.compile(r"create view if not exists (\S+) (.+)", re.S | re.I)
ADDS_COLUMN = re.compile(r"alter table (\S+) add column if not exists (\w+) (.+)", re.S | re.I)
GRANTS_ROLE = re.compile(r"grant role (\S+) to (role|user) (\S+)", re.I)
GRANTS_OWNERSHIP = re.compile(r"grant ownership on schema (\S+) to role (\S+) copy current grants", re.I)
THINGS = "database|schema|table|view|stage|warehouse|all tables in schema|future tables in schema"
GRANTS = re.compile(rf"grant (.+?) on ({THINGS}) (\S+) to role (\S+)", re.I)


def facts_of_sql(statement: str) -> set[Fact]:
    """A statement as what is true after it; raises on one that is not understood, so that none is passed over."""
    if match := INTEGRATES.match(statement):
        return {("integration", match[1], re.sub(r":\d{12}:", ":account:", match[2]), match[3])}
    if match := CREATES.fullmatch(statement):
        kind, name, rest = match[1].lower(), match[2].upper(), match[3]
        if kind == "stage":
            url, integration = re.findall(r"url = '(.+?)' storage_integration = (\S+)", rest)[0]
            return {("stage", name, url, integration.upper())}
        if kind == "user":
            role, warehouse, database = re.findall(
                r"type = service default_role = (\S+) default_warehouse = (\S+) default_namespace = '(.+?)'", rest
            )[0]
            return {("user", name, role, warehouse, database)}
        if kind == "table":
            return {("table", name, " ".join(rest.split()))}
        return {(kind, name)}
    if match := SHOWS.fullmatch(statement):
        return {("view", match[1].upper(), " ".join(match[2].split()))}
    if match := ADDS_COLUMN.fullmatch(statement):
        return {("column", match[1].upper(), match[2].upper(), " ".join(match[3].split()))}
    if match := GRANTS_ROLE.fullmatch(statement):
        return {("member", match[1].upper(), match[2].lower(), match[3].upper())}
    if match := GRANTS_OWNERSHIP.fullmatch(statement):
        return {("grant", "OWNERSHIP", "schema", match[1].upper(), match[2].upper())}
    if match := GRANTS.fullmatch(statement):
        privileges = [each.strip().upper() for each in match[1].split(",")]
        return {("grant", each, match[2].lower(), match[3].upper(), match[4].upper()) for each in privileges}
    assert re.match(r"alter user \S+ set default_secondary_roles", statement, re.I), f"not understood: {statement}"
    return set()


def plain(name: str) -> str:
    return name.replace('"', "").upper()


def facts_of_change(kind: str, after: dict[str, Any]) -> set[Fact]:
    """The same of a planned resource. Kinds that the embedded warehouse has no counterpart of say nothing."""
    role = after.get("account_role_name")
    match kind:
        case "snowflake_database":
            return {("database", after["name"])}
        case "snowflake_schema":
            return {("schema", f"{after['database']}.{after['name']}")} if after["name"] != "GOVERNANCE" else set()
        case "snowflake_storage_integration_aws":
            assert (after["storage_provider"], after["enabled"]) == ("S3", True)
            arn = re.sub(r":\d{12}:", ":account:", after["storage_aws_role_arn"])
            (location,) = after["storage_allowed_locations"]
            return {("integration", after["name"], arn, location)}
        case "snowflake_account_role":
            return {("role", after["name"])}
        case "snowflake_warehouse":
            return {("warehouse", after["name"])}
        case "snowflake_execute":
            return facts_of_sql(plain_statement(after["execute"]))
        case "snowflake_stage_external_s3":
            name = f"{after['database']}.{after['schema']}.{after['name']}"
            return {("stage", name, after["url"], after["storage_integration"])}
        case "snowflake_service_user":
            where = (after["default_role"], after["default_warehouse"], after["default_namespace"])
            return {("user", after["name"], *where)}
        case "snowflake_grant_account_role":
            to = ("user", after["user_name"]) if after["user_name"] else ("role", after["parent_role_name"])
            return {("member", after["role_name"], *to)}
        case "snowflake_grant_ownership":
            return {("grant", "OWNERSHIP", "schema", plain(after["on"][0]["object_name"]), role)}
        case "snowflake_grant_privileges_to_account_role":
            return {("grant", each, *granted_on(after), role) for each in after["privileges"]}
    return set()


def plain_statement(statement: str) -> str:
    return statement.replace('"', "")


def granted_on(after: dict[str, Any]) -> tuple[str, str]:
    if after["on_account_object"]:
        return after["on_account_object"][0]["object_type"].lower(), plain(after["on_account_object"][0]["object_name"])
    if after["on_schema"]:
        return "schema", plain(after["on_schema"][0]["schema_name"])
    on = after["on_schema_object"][0]
    for scope in ("all", "future"):
        if on[scope]:
            return f"{scope} {on[scope][0]['object_type_plural'].lower()} in schema", plain(on[scope][0]["in_schema"])
    return on["object_type"].lower(), plain(on["object_name"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_programs_have_the_same_rights_in_the_embedded_aws(
    root: Path, plans: dict[str, dict[str, Any]], environment: str
) -> None:
    zones = [zone.zone for zone in load_zones(root / "dags" / "zones")]
    planned = {
        plain_account(each["change"]["after"]["policy"])
        for each in plans[environment]["resource_changes"]
        if each["type"] == "aws_iam_role_policy"
    }
    for identity, policy in aws_rights.policies(root, zones, f"assay-{environment}").items():
        assert plain_account(json.dumps(policy)) in planned, f"Terraform gives {identity} something else"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_service_account_has_the_policy_of_its_own_name(
    root: Path, plans: dict[str, dict[str, Any]], environment: str
) -> None:
    """A zone's pods have their zone's policy, and none has two."""
    zones = [zone.zone for zone in load_zones(root / "dags" / "zones")]
    planned = [
        (each["index"], plain_account(each["change"]["after"]["policy"]))
        for each in plans[environment]["resource_changes"]
        if each["type"] == "aws_iam_role_policy" and each["name"] == "service_account"
    ]
    embedded = aws_rights.policies(root, zones, f"assay-{environment}")
    del embedded[aws_rights.SNOWFLAKE]  # Snowflake is no service account
    ours = [(identity, plain_account(json.dumps(policy))) for identity, policy in embedded.items()]
    assert sorted(planned) == sorted(ours)


def test_a_service_account_takes_the_role_of_its_own_name_alone(root: Path, applied_infrastructure: Workspace) -> None:
    """In AWS a role trusts one account of the cluster. In the embedded AWS a zone's key lies in one secret, which pods
    of that zone alone may ask for: the identity of a pod is that of its account's role."""
    zones = [zone.zone for zone in load_zones(root / "dags" / "zones")]
    pods = load(root / "dags", "dev").k8s
    chart = yaml.safe_load((root / "helm" / "assay" / "values.yaml").read_text())
    operator = chart["secrets"]["operator"]
    accounts = {
        aws_rights.AIRFLOW: (chart["airflow"]["namespace"], chart["airflow"]["serviceAccount"]),
        aws_rights.EXTERNAL_SECRETS: (operator["namespace"], operator["serviceAccount"]),
        **{aws_rights.pods(zone): (pods.namespace, pods.service_account(zone)) for zone in zones},
    }
    state = json.loads(applied_infrastructure.must(applied_infrastructure.environment("dev"), "show", "-json"))
    found = {}
    for role in resources(state["values"]["root_module"]):
        if (role["type"], role["name"]) == ("aws_iam_role", "service_account"):
            (statement,) = json.loads(role["values"]["assume_role_policy"])["Statement"]
            assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRoleWithWebIdentity")
            assert statement["Principal"].keys() == {"Federated"}
            assert statement["Condition"].keys() == {"StringEquals"}
            conditions = statement["Condition"]["StringEquals"]
            (issuer,) = {name.rpartition(":")[0] for name in conditions}
            assert issuer
            assert conditions.keys() == {f"{issuer}:aud", f"{issuer}:sub"}
            assert conditions[f"{issuer}:aud"] == "sts.amazonaws.com"
            assert role["values"]["name"] == f"assay-dev-{role['index']}"
            found[role["index"]] = conditions[f"{issuer}:sub"]
    assert found == {name: f"system:serviceaccount:{':'.join(map(str, where))}" for name, where in accounts.items()}
    assert {*aws_rights.principals(zones)} - found.keys() == {aws_rights.ADMINISTRATOR, aws_rights.SNOWFLAKE}
    for zone in zones:
        landing = declared(zones)[ZoneNames("local", zone).landing_secret]
        assert landing.zones == (zone,)


def resources(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from resources(child)


def plain_account(policy: str) -> str:
    """A policy in one spelling, with accounts and the order of zones left out."""
    document = json.loads(re.sub(r":\d{12}:", ":account:", policy))
    for statement in document["Statement"]:
        if isinstance(statement.get("Resource"), list):
            statement["Resource"].sort()
    return json.dumps(document, sort_keys=True)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_production_has_what_the_embedded_warehouse_has(
    root: Path, plans: dict[str, dict[str, Any]], environment: str
) -> None:
    zones = load_zones(root / "dags" / "zones")
    keys = {
        ZoneNames(environment, zone.zone).role(service_role): "public" for zone in zones for service_role in ServiceRole
    }
    statements = {statement for zone in zones for statement in zone_grants.statements(zone, environment, zones, keys)}
    embedded = set().union(*(facts_of_sql(statement) for statement in statements))
    planned = set().union(
        *(facts_of_change(each["type"], each["change"]["after"]) for each in plans[environment]["resource_changes"])
    )
    assert len(embedded) > 100
    assert planned - embedded == set(), "Terraform gives what the embedded warehouse does not"
    assert embedded - planned == set(), "the embedded warehouse gives what Terraform does not"
