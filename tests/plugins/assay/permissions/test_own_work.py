"""What the platform does by itself is no difference: loads, builds, releases, rollbacks, readers of other zones."""

from __future__ import annotations

from assay.permissions.look import look, spec_of
from assay.settings import load
from assay.zones import ServiceRole
from tests.plugins.assay.permissions.conftest import Company
from tests.plugins.assay.releases.conftest import GoldZone


def found(local: Company) -> list[str]:
    settings = load(local.dags, local.environment)
    return [each.about for each in look(local.manager, settings, spec_of(settings))]


def test_releases_and_rollbacks_are_no_difference(local: Company) -> None:
    gold = GoldZone(local.provisioned)
    for run, hours in (("one", (1,)), ("two", (1, 2)), ("three", (1, 2, 3))):
        candidate = gold.begin(run)
        gold.build(*hours)
        assert found(local) == [], "while the candidate is built"
        gold.publish(candidate, run)
        assert found(local) == [], f"after release {run}"
    gold.releases().rollback("wrong", "anna", "op1")
    assert found(local) == []


def test_what_a_run_makes_in_the_zones_schemas_is_no_difference(local: Company) -> None:
    loader = local.provisioned.login_as("weather", ServiceRole.LOADER)
    transformer = local.provisioned.login_as("weather", ServiceRole.TRANSFORMER)
    for statement in (
        "create table local_weather.landing.hourly__l1 (a int)",
        "create table local_weather.quarantine.hourly (a int)",
        "create table local_weather.bronze.src_hourly (a int)",
        "create file format local_weather.landing.lines type = csv",
    ):
        loader.execute(statement)
    for statement in (
        "create view local_weather.bronze.hourly as select 1 as a",
        "create table local_weather.silver.hourly as select 1 as a",
        "create sequence local_weather.silver.keys",
        "create table local_weather.quarantine.unfit_hourly (a int)",
    ):
        transformer.execute(statement)
    try:
        assert found(local) == []
        local.admin("revoke select on table local_weather.bronze.src_hourly from role local_weather_transformer")
        assert found(local) == [
            "role LOCAL_WEATHER_TRANSFORMER: SELECT on table LOCAL_WEATHER.BRONZE.SRC_HOURLY: not granted, "
            "but Terraform grants it"
        ]
    finally:
        local.admin(
            "drop table local_weather.landing.hourly__l1",
            "drop table local_weather.quarantine.hourly",
            "drop table local_weather.bronze.src_hourly",
            "drop file format local_weather.landing.lines",
            "drop view local_weather.bronze.hourly",
            "drop table local_weather.silver.hourly",
            "drop sequence local_weather.silver.keys",
            "drop table local_weather.quarantine.unfit_hourly",
        )


def test_a_zone_whose_file_is_broken_does_not_hide_the_others(local: Company) -> None:
    file = local.dags / "zones" / "weather" / "zone.yml"
    file.write_text(file.read_text().replace("owner:", "ownr:"))
    assert found(local) == []
    local.admin("grant role accountadmin to user lena_brandt")
    try:
        assert [each.partition(": granted")[0] for each in found(local)] == ["user LENA_BRANDT: role ACCOUNTADMIN"]
    finally:
        local.admin("revoke role accountadmin from user lena_brandt")
