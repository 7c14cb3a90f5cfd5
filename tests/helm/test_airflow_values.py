"""Our values for the official Airflow chart, checked as far as that can be done without the chart."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import airflow
import pytest
import yaml

from tests.helm.airflow_chart import CHART_VERSION, unknown_keys
from tests.helm.judging import named

ValuesOf = Callable[[str, str], dict[str, Any]]
Render = Callable[[dict[str, Any]], dict[str, Any]]

COMPONENTS = ("scheduler", "dagProcessor", "triggerer", "apiServer")
OF_PROVIDERS = {"celery"}
"""Sections of Airflow's settings that come with a provider instead of with Airflow."""


@pytest.fixture
def values(values_of: ValuesOf, environment: str) -> dict[str, Any]:
    return values_of("airflow", environment)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if children is None:
        yield path, value
    for key, child in children or ():
        yield from leaves(child, f"{path}.{key}" if path else str(key))


def test_every_key_is_one_of_the_chart(values: dict[str, Any]) -> None:
    assert unknown_keys(values) == []


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("apiServr", "apiServer"),
        ("scheduler.resource", "resources"),
        ("dags.gitSync.perod", "period"),
        ("workers.celery.keda.maxReplicas", "maxReplicaCount"),
        ("scheduler.serviceAccount.anotations", "annotations"),
    ],
)
def test_a_key_that_does_not_exist_is_found(values_of: ValuesOf, path: str, meant: str) -> None:
    values = json.loads(json.dumps(values_of("airflow", "prod")))  # anchors are the same object in many places
    *parents, last = path.split(".")
    place = values
    for key in parents:
        place = place[key]
    place[last] = {}
    (found,) = unknown_keys(values)
    assert found.startswith(f"{path} is not a key")
    assert f'did you mean "{meant}"?' in found


def test_the_chart_and_airflow_have_the_versions_that_are_pinned(root: Path, values: dict[str, Any]) -> None:
    assert f"version {CHART_VERSION} " in (root / "helm/airflow/values.yaml").read_text()
    assert f"--version {CHART_VERSION}" in (root / "docs/helm.md").read_text()
    assert values["airflowVersion"] == airflow.__version__


def test_airflow_knows_every_setting(values: dict[str, Any]) -> None:
    known = yaml.safe_load((Path(airflow.__file__).parent / "config_templates/config.yml").read_text())
    unknown = [
        f"{section}.{option}"
        for section, options in values["config"].items()
        for option in options
        if section not in OF_PROVIDERS and option not in known.get(section, {}).get("options", {})
    ]
    assert unknown == []


def test_secrets_backend_uses_the_platforms_prefixes(values: dict[str, Any]) -> None:
    from assay.secrets.names import CONNECTIONS, VARIABLES

    given = json.loads(values["config"]["secrets"]["backend_kwargs"])
    assert given == {"connections_prefix": CONNECTIONS, "variables_prefix": VARIABLES, "config_prefix": None}


def test_every_secret_that_airflow_is_given_is_made_by_our_chart(
    values: dict[str, Any], values_of: ValuesOf, render: Render, environment: str
) -> None:
    wanted = {
        value for path, value in leaves(values) if path.endswith(("SecretName", "secretName", "sshKeySecret"))
    } - {"airflow-tls"}  # cert-manager's
    objects = render(values_of("assay", environment))["objects"]
    made = {
        name for name, each in named(objects, "ExternalSecret").items() if each["metadata"]["namespace"] == "airflow"
    }
    assert wanted == made


def test_nothing_secret_is_among_the_values(values: dict[str, Any]) -> None:
    telling = re.compile(r"(password|passwd|secret|token|private_?key|fernetKey|brokerUrl)$", re.IGNORECASE)
    naming = ("sshKeySecret",)
    assert [path for path, _ in leaves(values) if telling.search(path) and not path.endswith(naming)] == []
    assert not re.search(r"://[^/\s]+:[^/\s]+@|AKIA|BEGIN [A-Z ]*PRIVATE KEY", yaml.safe_dump(values))


def test_priorities_exist(values: dict[str, Any], values_of: ValuesOf, render: Render, environment: str) -> None:
    used = {value for path, value in leaves(values) if path.endswith("priorityClassName")}
    assert used == named(render(values_of("assay", environment))["objects"], "PriorityClass").keys()


def test_every_component_is_the_account_that_our_chart_makes(
    values: dict[str, Any], values_of: ValuesOf, render: Render, environment: str
) -> None:
    account = named(render(values_of("assay", environment))["objects"], "ServiceAccount")["airflow"]
    assert account["metadata"]["namespace"] == "airflow"
    assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].endswith(
        f":role/assay-{environment}-airflow"
    )
    for name in (*COMPONENTS, "workers", "migrateDatabaseJob"):
        assert values[name]["serviceAccount"] == {"create": False, "name": "airflow"}, name
    assert values["allowPodLaunching"] is False, "our own role is narrower"


def test_every_component_has_limits_a_probe_and_a_priority(values: dict[str, Any]) -> None:
    for name in (*COMPONENTS, "workers"):
        running = values[name] | values[name].get("celery", {})
        assert {"cpu", "memory"} <= running["resources"]["limits"].keys(), name
        assert running["livenessProbe"], name
        assert running["priorityClassName"], name
    for name in ("scheduler", "apiServer", "pgbouncer"):
        assert values[name]["podDisruptionBudget"]["enabled"] is True


def test_the_image_comes_from_the_registry_that_a_deploy_writes_to(
    root: Path, values: dict[str, Any], environment: str
) -> None:
    registry = yaml.safe_load((root / "dags/config" / environment / "deploy.yml").read_text())["registry"]
    assert values["defaultAirflowRepository"] == f"{registry}/assay/airflow"


def test_containers_are_restricted_where_the_chart_asks_us(values: dict[str, Any]) -> None:
    assert values["securityContexts"]["pod"]["runAsNonRoot"] is True
    contexts = [values["securityContexts"]["containers"], values["dags"]["gitSync"]["securityContexts"]["container"]]
    contexts += [values[name]["securityContexts"]["container"] for name in ("pgbouncer", "redis")]
    for context in contexts:
        assert context == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_a_merge_is_live_within_a_minute(values: dict[str, Any], environment: str) -> None:
    """The worst case: a merge just after a look at git, then the DAG processor's interval, then a parse."""
    git = values["dags"]["gitSync"]
    parse = 15
    assert git["ref"] == f"release/{environment}"
    assert int(git["period"].removesuffix("s")) + values["config"]["dag_processor"]["refresh_interval"] + parse <= 60


def test_the_environment_is_the_one_whose_settings_dags_read(
    root: Path, values: dict[str, Any], environment: str
) -> None:
    assert {"name": "ASSAY_ENV", "value": environment} in values["env"]
    assert (root / "dags/config" / environment).is_dir()


def test_people_come_by_single_sign_on_and_only_from_inside(values: dict[str, Any]) -> None:
    assert "AUTH_OAUTH" in values["apiServer"]["apiServerConfig"]
    compile(values["apiServer"]["apiServerConfig"], "webserver_config.py", "exec")
    assert values["createUserJob"]["enabled"] is False
    assert values["ingress"]["apiServer"]["ingressClassName"] == "internal"
    assert values["networkPolicies"]["enabled"] is True


def test_production_grows_with_its_queue_and_survives_a_node(values_of: ValuesOf) -> None:
    prod = values_of("airflow", "prod")
    keda = prod["workers"]["celery"]["keda"]
    assert keda["enabled"] is True
    assert 1 <= keda["minReplicaCount"] < keda["maxReplicaCount"]
    for name in ("scheduler", "apiServer", "triggerer", "pgbouncer"):
        assert prod[name]["replicas"] >= 2


def test_environments_differ_by_values_only(values_of: ValuesOf) -> None:
    """What production has and development has not is named here, so that the next difference is a decision."""
    dev, prod = ({path for path, _ in leaves(values_of("airflow", name))} for name in ("dev", "prod"))
    assert dev - prod == {"workers.celery.replicas"}
    assert all(path.startswith("workers.celery.keda.") or path == "pgbouncer.replicas" for path in prod - dev)


STARTED = """
import sys
from importlib import import_module
from pathlib import Path

settings, oidc, *classes = sys.argv[1:]
for name in classes:
    module, _, attribute = name.rpartition(".")
    getattr(import_module(module), attribute)
import authlib.integrations.flask_client, redis
exec(Path(settings).read_text().replace("/opt/airflow/oidc", oidc))
print(OAUTH_PROVIDERS[0]["remote_app"]["server_metadata_url"])
"""


def test_the_image_has_what_the_values_ask_airflow_for(
    values: dict[str, Any], tmp_path: Path, env_python: Callable[[str], Path]
) -> None:
    """The image and the environment `airflow` are made from one lock; only the chart knows what else it must hold."""
    assert values["executor"] == "CeleryExecutor"
    classes = ["airflow.providers.celery.executors.celery_executor.CeleryExecutor"]
    classes += [values["config"]["core"]["auth_manager"], values["config"]["secrets"]["backend"]]
    for name, value in {"issuer": "https://sso.example.com/\n", "client-id": "assay", "client-secret": "x"}.items():
        (tmp_path / name).write_text(value)
    settings = tmp_path / "webserver_config.py"
    settings.write_text(values["apiServer"]["apiServerConfig"])
    command = [str(env_python("airflow")), "-W", "ignore", "-c", STARTED, str(settings), str(tmp_path), *classes]
    done = subprocess.run(
        command, env={**os.environ, "AIRFLOW_HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == "https://sso.example.com/.well-known/openid-configuration"
