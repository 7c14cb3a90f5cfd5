"""Our chart, as real Helm renders it."""

from __future__ import annotations

import copy
import ipaddress
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from assay.secrets import declared, external_secrets
from assay.settings import load as load_settings
from assay.zones import load_zone
from local.state import aws_rights, kubernetes_rights
from tests.helm.conftest import merged
from tests.helm.judging import EXTERNAL_SECRETS, named, wrong_with_pods

ValuesOf = Callable[[str, str], dict[str, Any]]
Render = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def values(values_of: ValuesOf, environment: str) -> dict[str, Any]:
    return values_of("assay", environment)


@pytest.fixture
def objects(render: Render, values: dict[str, Any]) -> list[dict[str, Any]]:
    found = render(values)
    assert "refused" not in found, found
    rendered: list[dict[str, Any]] = found["objects"]
    return rendered


def test_it_renders_to_objects_that_kubernetes_accepts_and_helm_has_nothing_to_say(
    render: Render, values: dict[str, Any]
) -> None:
    found = render(values)
    assert found["invalid"] == []
    assert found["lint"] == []
    assert len(found["objects"]) > len(found["unknown"]) > 0


def test_kinds_that_kubernetes_does_not_know_are_external_secrets_as_documented(
    render: Render, values: dict[str, Any]
) -> None:
    for each in render(values)["unknown"]:
        assert each["apiVersion"] == "external-secrets.io/v1"
        jsonschema.validate(each["spec"], EXTERNAL_SECRETS[each["kind"]])


def test_an_external_secret_without_a_source_is_not_one() -> None:
    schema = EXTERNAL_SECRETS["ExternalSecret"]
    whole = {
        "refreshInterval": "1m",
        "secretStoreRef": {"kind": "ClusterSecretStore", "name": "store"},
        "target": {"name": "s", "creationPolicy": "Owner"},
        "dataFrom": [{"extract": {"key": "assay/pods/s"}}],
    }
    jsonschema.validate(whole, schema)
    for broken in (whole | {"dataFrom": []}, whole | {"dataFrom": [{"extract": {"key": ""}}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema)


def test_every_container_is_unprivileged_read_only_and_limited(objects: list[dict[str, Any]]) -> None:
    assert wrong_with_pods(objects) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda pod, box: pod["securityContext"].update(runAsNonRoot=False), "may be root"),
        (lambda pod, box: box["securityContext"].update(runAsUser=0), "may be root"),
        (lambda pod, box: box["securityContext"].pop("readOnlyRootFilesystem"), "can write to its image"),
        (lambda pod, box: box["resources"].pop("limits"), "has no limits"),
        (lambda pod, box: box.update(image="quay.io/oauth2-proxy/oauth2-proxy:latest"), "has an unpinned image"),
    ],
)
def test_a_careless_container_is_found(
    render: Render, values_of: ValuesOf, change: Callable[[Any, Any], object], said: str
) -> None:
    objects = copy.deepcopy(render(values_of("assay", "prod"))["objects"])
    pod = named(objects, "Deployment")["airbyte-proxy"]["spec"]["template"]["spec"]
    change(pod, pod["containers"][0])
    assert [line.rpartition("proxy ")[2] for line in wrong_with_pods(objects)] == [said]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("quota", {}),
        ("pods.namespaces", "assay"),
        ("pods.quota.gpus", "1"),
        ("network.internet", ["10.0.0.0/8"]),
        ("airbyte.proxy.passwd", "x"),
        ("environment", "staging"),
        ("network.endpoints", ["0.0.0.0/0"]),
        ("network.endpoints", ["52.1.2.0/24"]),
        ("network.endpoints", []),
        ("airbyte.proxy.image", "quay.io/oauth2-proxy/oauth2-proxy:latest"),
        ("airbyte.proxy.image", "quay.io/oauth2-proxy/oauth2-proxy"),
        ("airbyte.proxy.issuer", "http://login.example.com"),
        ("airbyte.proxy.groups", []),
        ("account", "0000"),
        ("zones", []),
        ("secrets.pods", [{"name": "no-source"}]),
        ("secrets.pods", [{"name": "elsewhere", "key": "other-team/secret"}]),
        ("secrets.pods", [{"name": "in-git", "key": "assay/pods/in-git", "value": "hunter2"}]),
    ],
)
def test_helm_refuses_values_that_do_not_exist_or_must_not_be(
    render: Render, values_of: ValuesOf, path: str, value: object
) -> None:
    values = copy.deepcopy(values_of("assay", "prod"))
    *parents, last = path.split(".")
    place = values
    for key in parents:
        place = place[key]
    place[last] = value
    assert last in render(values).get("refused", "")


def test_the_chart_alone_belongs_to_no_environment_and_does_not_render(render: Render) -> None:
    assert "environment" in render({})["refused"]


def test_dev_and_prod_are_the_same_objects_with_other_values(render: Render, values_of: ValuesOf) -> None:
    shapes = [
        sorted(
            (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"])
            for each in render(values_of("assay", name))["objects"]
        )
        for name in ("dev", "prod")
    ]
    assert shapes[0] == shapes[1]


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_pods_secrets_are_those_that_the_one_declaration_makes(
    root: Path, objects: list[dict[str, Any]], values: dict[str, Any]
) -> None:
    zones = [load_zone(file.parent) for file in sorted(root.glob("dags/zones/*/zone.yml"))]
    namespace = values["pods"]["namespace"]
    declared = external_secrets(zones, values["environment"], namespace)
    made = [each for each in objects if each["kind"] == "ExternalSecret" and each["metadata"]["namespace"] == namespace]
    assert {each["metadata"]["name"]: each["spec"] for each in made} == {
        each["metadata"]["name"]: each["spec"] for each in declared
    }


def test_secrets_are_copied_from_our_part_of_secrets_manager_and_hold_no_value(objects: list[dict[str, Any]]) -> None:
    found = named(objects, "ExternalSecret")
    keys = [source["extract"]["key"] for each in found.values() for source in each["spec"]["dataFrom"]]
    assert keys
    assert all(key.startswith("assay/") for key in keys)
    assert named(objects, "Secret") == {}


def test_only_namespaces_with_secrets_may_use_the_store(objects: list[dict[str, Any]]) -> None:
    (store,) = named(objects, "ClusterSecretStore").values()
    allowed = set(store["spec"]["conditions"][0]["namespaces"])
    assert allowed == {each["metadata"]["namespace"] for each in named(objects, "ExternalSecret").values()}


# --- launching pods ---------------------------------------------------------------------------------------------------


def test_launchers_may_do_what_the_pod_operator_does_and_no_more(
    objects: list[dict[str, Any]], values: dict[str, Any]
) -> None:
    """It may read the Secrets that it gives to pods, by their names, and cannot list them."""
    (role,) = named(objects, "Role").values()
    rights = {(resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]}
    reading = {(resource, verb) for resource in ("pods", "events") for verb in ("get", "list", "watch")}
    launching = {("pods", verb) for verb in ("create", "patch", "delete")} | {("pods/log", "get")}
    assert rights == reading | launching | {("secrets", "get")}
    (secrets,) = (rule for rule in role["rules"] if rule["resources"] == ["secrets"])
    assert secrets["resourceNames"] == [each["name"] for each in values["secrets"]["pods"]]
    assert named(objects, "ClusterRole") == named(objects, "ClusterRoleBinding") == {}
    (binding,) = named(objects, "RoleBinding").values()
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "airflow", "namespace": "airflow"}]


def test_airflow_has_the_same_rights_in_the_embedded_kubernetes(
    root: Path, objects: list[dict[str, Any]], values: dict[str, Any]
) -> None:
    (role,) = named(objects, "Role").values()
    (embedded,) = kubernetes_rights.rights(root, declared(values["zones"])).values()
    for rule in (*role["rules"], *embedded):
        rule.get("resourceNames", []).sort()
    assert role["rules"] == embedded


def test_pods_run_where_the_platforms_own_settings_send_them(
    root: Path, objects: list[dict[str, Any]], values: dict[str, Any]
) -> None:
    settings = load_settings(root / "dags", values["environment"])
    pods = settings.k8s
    assert pods.namespace in named(objects, "Namespace")
    accounts = named(objects, "ServiceAccount")
    for zone in values["zones"]:
        account = accounts[str(pods.service_account(zone))]
        assert account["metadata"]["namespace"] == pods.namespace
        assert account["automountServiceAccountToken"] is False
        assert account["metadata"]["name"] == aws_rights.pods(zone), "the embedded AWS knows it by another name"
        role = account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
        assert role.endswith(f":role/assay-{values['environment']}-{aws_rights.pods(zone)}")
    selector = named(objects, "NetworkPolicy")["pods"]["spec"]["podSelector"]["matchLabels"]
    assert selector.items() <= pods.labels.items(), "pods without these labels reach nothing"
    assert int(values["pods"]["quota"]["pods"]) >= len(values["zones"]) * settings.airflow.dag.max_active_tasks


def test_pods_go_to_the_machines_that_are_kept_for_them(root: Path, environment: str) -> None:
    resources = load_settings(root / "dags", environment).k8s.resources
    nodes = (root / "terraform/modules/cluster/nodes.tf").read_text()
    group = re.search(
        r'(\w+) += \{[^}]*reserved_for = "(\w+)"', (root / f"terraform/environments/{environment}/main.tf").read_text()
    )
    assert group
    assert set(re.findall(r'"(assay/\w+)"', nodes)) == {"assay/group", "assay/only"}
    assert resources.node_selectors == {"assay/group": group[1]}
    (toleration,) = resources.tolerations
    assert dict(toleration) == {"key": "assay/only", "operator": "Equal", "value": group[2], "effect": "NoSchedule"}


def test_the_namespace_of_pods_refuses_what_is_not_restricted(objects: list[dict[str, Any]]) -> None:
    (namespace,) = named(objects, "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


# --- networks ---------------------------------------------------------------------------------------------------------


def test_nothing_reaches_pods_and_pods_reach_only_what_is_named(
    objects: list[dict[str, Any]], values: dict[str, Any]
) -> None:
    deny = named(objects, "NetworkPolicy")["default-deny"]["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    opened = named(objects, "NetworkPolicy")["pods"]["spec"]
    assert opened["policyTypes"] == ["Egress"]
    assert {port["port"] for rule in opened["egress"] for port in rule["ports"]} == {53, 443, 5432}
    reached = {peer["ipBlock"]["cidr"] for rule in opened["egress"] for peer in rule["to"] if "ipBlock" in peer}
    network = values["network"]
    assert reached == {*network["endpoints"], *network["databases"]}
    # The Kubernetes API has its addresses in the endpoints' subnets: there it is the missing token that keeps pods out.
    for other in ("git", "identity", "chat"):
        for block in network[other]:
            assert not any(ipaddress.ip_network(block).overlaps(ipaddress.ip_network(each)) for each in reached), other


def test_no_policy_opens_the_way_to_the_internet(objects: list[dict[str, Any]]) -> None:
    blocks = [
        peer["ipBlock"]["cidr"]
        for policy in named(objects, "NetworkPolicy").values()
        for rule in policy["spec"].get("egress", [])
        for peer in rule.get("to", [{"ipBlock": {"cidr": "0.0.0.0/0"}}])
        if "ipBlock" in peer
    ]
    assert blocks
    assert all(ipaddress.ip_network(block).is_private for block in blocks)


def test_people_reach_airbyte_through_the_proxy_only(objects: list[dict[str, Any]]) -> None:
    policies = named(objects, "NetworkPolicy")
    for policy in ("ingress", "airbyte-proxy"):
        assert policies[policy]["metadata"]["namespace"] == "airbyte"
    (route,) = named(objects, "Ingress").values()
    (path,) = route["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"]["service"]["name"] == "airbyte-proxy"
    outside = json.dumps(policies["ingress"]["spec"]["ingress"])
    assert "worker" in outside
    assert "ingress" not in outside


def test_values_are_those_of_the_infrastructure(root: Path, values: dict[str, Any]) -> None:
    """Terraform and Helm say the same of accounts, networks and who is who; neither reads the other's files."""
    stack = (root / "terraform/environments" / values["environment"] / "main.tf").read_text()

    def said(key: str) -> str:
        found = re.search(rf'\b{key} += "([^"]+)"', stack)
        assert found, key
        return found[1]

    assert values["account"] == said("account_id")
    assert values["region"] == said("region")
    assert values["airbyte"]["proxy"]["issuer"] == said("issuer")
    subnets = [str(each) for each in ipaddress.ip_network(said("cidr")).subnets(prefixlen_diff=4)]
    assert values["network"]["endpoints"] == subnets[: len(values["network"]["endpoints"])]
    rights = (root / "terraform/modules/assay/rights.tf").read_text()
    trusted = re.findall(r'namespace += "([\w-]+)"\s+service_account = "([^"]+)"', rights)
    operator = values["secrets"]["operator"]
    assert trusted == [
        (values["airflow"]["namespace"], values["airflow"]["serviceAccount"]),
        (operator["namespace"], operator["serviceAccount"]),
        (values["pods"]["namespace"], "pods-${replace(zone, "),  # as far as its first quotation mark
    ]


# --- made from zones --------------------------------------------------------------------------------------------------


def zones_values(root: Path, env_python: Callable[[str], Path], *arguments: str) -> str:
    return subprocess.run(
        [env_python("platform"), root / "helm/zones.py", *arguments],
        env=os.environ | {"PYTHONPATH": str(root / "plugins")}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def test_the_values_made_from_zones_are_up_to_date(root: Path, env_python: Callable[[str], Path]) -> None:
    made = zones_values(root, env_python)
    kept = (root / "helm/assay/values-zones.yaml").read_text()
    assert kept == made, "run: python helm/zones.py > helm/assay/values-…"


def test_a_third_zone_has_its_secrets_by_its_file_alone(
    root: Path, env_python: Callable[[str], Path], render: Render, values_of: ValuesOf, tmp_path: Path
) -> None:
    zones = tmp_path / "zones"
    shutil.copytree(root / "dags/zones", zones)
    third = shutil.copytree(zones / "weather", zones / "fares") / "zone.yml"
    third.write_text(third.read_text().replace("zone: weather", "zone: fares"))
    made = yaml.safe_load(zones_values(root, env_python, "--zones", str(zones)))
    objects = render(merged(values_of("assay", "prod"), made))["objects"]
    fares = {name for name in named(objects, "ExternalSecret") if "fares" in name}
    assert fares == {"warehouse-fares-transformer", "warehouse-fares-loader", "landing-fares"}
    role = named(objects, "ServiceAccount")["pods-fares"]["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
    assert role.endswith(":role/assay-prod-pods-fares")
