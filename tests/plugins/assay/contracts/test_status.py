"""What `assay status` says of a zone, from its ledgers."""

from __future__ import annotations

from typing import Any

import pytest
from snowflake.connector import DictCursor

from assay.contracts.approval import ContractBreach
from assay.zones import ZoneNames
from local.platform.zones_status import zone_status
from tests.plugins.assay.embedded import Embedded, ZoneOnTrial
from tests.plugins.assay.weather_files import file, path, rows


def shown(embedded: Embedded, names: ZoneNames, problem: str | None = None) -> dict[str, Any]:
    with embedded.login(**embedded.admin) as connection:
        return zone_status(connection.cursor(DictCursor), names, "somebody", problem)


def test_a_refusal_is_shown_until_a_later_load_of_its_source_is_approved(
    embedded: Embedded, weather: ZoneOnTrial
) -> None:
    weather.drop(path(1), file([rows(1)[0] | {"temp": "warm"}]))
    with pytest.raises(ContractBreach) as refused:
        weather.run("run-1")
    found = shown(embedded, weather.names)
    assert (found["approved"], len(found["refused_now"])) == (0, 1)
    assert "temp" in found["refused_now"][0]
    assert "temp" in str(refused.value)

    weather.drop(path(1), file(rows(1)))
    weather.run("run-2")
    found = shown(embedded, weather.names)
    assert (found["approved"], found["refused_now"], found["problem"]) == (6, [], None)


def test_a_zone_without_ledgers_says_so_beside_what_is_wrong_with_its_file(embedded: Embedded) -> None:
    problem = shown(embedded, ZoneNames("nowhere", "weather"), "zones/weather/zone.yml:3: no")["problem"]
    assert problem.startswith("zones/weather/zone.yml:3: no; its ledgers cannot be read: ")
