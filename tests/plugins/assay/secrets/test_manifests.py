"""How secrets reach pods: by reference, checked when the DAG is parsed."""

import json

import pytest

from assay.errors import ConfigurationError
from assay.secrets import connection_key, env_from, external_secrets, variable_key
from assay.zones import ServiceRole, Zone, ZoneNames


def test_a_pod_gets_a_reference_to_the_secret_and_no_value() -> None:
    (source,) = env_from(["warehouse-flights-transformer"], "flights")
    assert source.to_dict() == {
        "config_map_ref": None,
        "prefix": None,
        "secret_ref": {"name": "warehouse-flights-transformer", "optional": None},
    }


def test_an_undeclared_secret_raises_and_says_what_was_meant() -> None:
    with pytest.raises(
        ConfigurationError, match=r'"postgres-compagny" is not declared.*did you mean "postgres-company"'
    ):
        env_from(["postgres-compagny"], "flights")


def test_another_zones_secret_is_not_declared_for_this_one() -> None:
    with pytest.raises(ConfigurationError, match="is not declared for zone flights"):
        env_from(["landing-weather"], "flights")


def test_a_shared_secret_is_refused_to_a_zone_that_it_does_not_list() -> None:
    with pytest.raises(ConfigurationError, match="is not for zone weather; add it to its `zones`"):
        env_from(["postgres-company"], "weather")


def test_two_logins_to_the_same_warehouse_cannot_share_a_pod() -> None:
    with pytest.raises(ConfigurationError, match=r"both set .*SNOWFLAKE_USER"):
        env_from(["warehouse-flights-transformer", "warehouse-flights-loader"], "flights")


def test_a_loader_gets_its_source_and_its_landing_folder_together() -> None:
    assert len(env_from(["postgres-company", "landing-flights"], "flights")) == 2


def test_manifests_copy_the_declared_key_into_a_secret_of_the_declared_name(zones: list[Zone]) -> None:
    manifests = {manifest["metadata"]["name"]: manifest for manifest in external_secrets(zones, "local", "assay")}
    landing = manifests["landing-weather"]
    assert landing["apiVersion"] == "external-secrets.io/v1"
    assert landing["metadata"]["namespace"] == "assay"
    assert landing["spec"]["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "aws-secrets-manager"}
    assert landing["spec"]["target"]["name"] == "landing-weather"
    assert landing["spec"]["dataFrom"] == [{"extract": {"key": "assay/pods/landing-weather"}}]
    json.dumps(manifests)


def test_manifests_exist_for_every_login_that_pods_use(zones: list[Zone]) -> None:
    names = {manifest["metadata"]["name"] for manifest in external_secrets(zones, "prod", "assay")}
    for zone in zones:
        of_zone = ZoneNames("prod", zone.zone)
        assert {of_zone.landing_secret, of_zone.warehouse_secret(ServiceRole.TRANSFORMER)} <= names


def test_airflow_finds_connections_and_variables_by_name() -> None:
    assert connection_key("snowflake_flights_loader") == "assay/connections/snowflake_flights_loader"
    assert variable_key("colour") == "assay/variables/colour"
