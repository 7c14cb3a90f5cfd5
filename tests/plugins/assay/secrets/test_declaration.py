"""Which secrets there are for pods, and who may ask for them."""

import pytest

from assay.errors import ConfigurationError
from assay.secrets import declared
from assay.secrets.declaration import declarations, read


def test_every_zone_has_secrets_of_its_own() -> None:
    secrets = declared(["flights", "weather"])
    assert secrets["warehouse-flights-transformer"].zones == ("flights",)
    assert secrets["landing-weather"].zones == ("weather",)
    assert secrets["landing-weather"].key == "assay/pods/landing-weather"


def test_a_zone_with_an_underscore_gets_a_name_that_kubernetes_takes() -> None:
    assert declared(["air_cargo"])["warehouse-air-cargo-loader"].zones == ("air_cargo",)


def test_a_shared_secret_is_for_the_zones_it_lists() -> None:
    assert declared(["flights", "weather"])["postgres-company"].zones == ("flights",)


def test_nobody_may_have_the_publishers_login_in_a_pod() -> None:
    assert not [name for name in declared(["flights"]) if "publisher" in name]


def test_the_private_key_goes_by_a_name_that_dbt_keeps_out_of_its_logs() -> None:
    for declaration in declarations():
        assert all(name.startswith("DBT_ENV_SECRET_") for name in declaration.env if "PRIVATE_KEY" in name)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[{name: a, holds: b, env: [A]}]", "needs either {zone} in it or `zones`"),
        ("[{name: 'a-{zone}', holds: b, env: [A], zones: [flights]}]", "needs either {zone} in it or `zones`"),
        ("[{name: a, holds: b, env: [lower], zones: [flights]}]", "secrets/pods.yml:1: [0].env[0] is"),
        ("[{name: a, holds: b, env: [A], zones: [x], value: hunter2}]", "[0].value is not a key"),
        ("[{name: a, holds: b, env: [A], zones: [x]}, {name: a, holds: b, env: [B], zones: [x]}]", "declared twice"),
    ],
)
def test_a_wrong_declaration_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert sentence in str(caught.value)
    assert "hunter2" not in str(caught.value)
