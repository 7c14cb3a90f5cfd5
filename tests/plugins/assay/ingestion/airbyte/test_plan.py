from __future__ import annotations

from dataclasses import replace

import pytest

from assay.errors import ConfigurationError
from assay.ingestion.airbyte.files import ConnectionFile, Declared, EndFile, Stream
from assay.ingestion.airbyte.plan import Change, Found, differences, plan

STREAMS = [Stream(name="b", sync_mode="incremental_append"), Stream(name="a", sync_mode="full_refresh_append")]
DECLARED = Declared(
    manifests={},
    sources={"s": EndFile(name="s", connector="C", configuration={})},
    destinations={"d": EndFile(name="d", connector="C", configuration={})},
    connections={"k": ConnectionFile(name="k", source="s", destination="d", streams=STREAMS)},
    files={("sources", "s"): "s.yaml", ("destinations", "d"): "d.yaml", ("connections", "k"): "k.yaml"},
    documents={},
)
BODIES = {("sources", "s"): {"password": "p"}, ("destinations", "d"): {"host": "h"}}
SHOWN = {"password": "**********"}
C = {"id": "c", "name": "C"}
FOUND = Found(
    definitions={"sources": [C], "destinations": [C]},
    sources=[{"sourceId": "1", "name": "s", "definitionId": "c", "configuration": SHOWN}],
    destinations=[{"destinationId": "2", "name": "d", "definitionId": "c", "configuration": {"host": "h"}}],
    connections=[
        {
            "connectionId": "3", "name": "k", "sourceId": "1", "destinationId": "2", "prefix": "", "status": "active",
            "schedule": {"scheduleType": "manual", "basicTiming": "x"}, "namespaceDefinition": "destination",
            "configurations": {
                "streams": [
                    {"name": "a", "syncMode": "full_refresh_append", "cursorField": []},
                    {"name": "b", "syncMode": "incremental_append", "mappers": []},
                ]
            },
        }
    ],
    applied=frozenset({"1"}),
)  # fmt: skip


def test_what_airbyte_masks_adds_or_orders_otherwise_is_no_difference() -> None:
    assert {change.action for change in plan(DECLARED, BODIES, FOUND)} == {"keep"}


def test_a_secret_that_was_not_sent_from_here_is_sent() -> None:
    (change, *_) = plan(DECLARED, BODIES, replace(FOUND, applied=frozenset()))
    assert change == Change("source", "s", "update", ("secrets",))


def test_a_schedule_that_airbyte_got_by_hand_is_taken_away() -> None:
    (connection,) = FOUND.connections
    scheduled = {**connection, "schedule": {"scheduleType": "cron", "cronExpression": "0 0 * * * ?"}}
    (*_, change) = plan(DECLARED, BODIES, replace(FOUND, connections=[scheduled]))
    assert change == Change("connection", "k", "update", ("schedule.scheduleType",))


def test_two_things_of_one_name_are_an_error_because_files_know_only_names() -> None:
    (source,) = FOUND.sources
    with pytest.raises(ConfigurationError, match="Airbyte has 2 sources named s"):
        plan(DECLARED, BODIES, replace(FOUND, sources=[source, {**source, "sourceId": "9"}]))


def test_a_secret_that_its_name_does_not_tell_is_refused_rather_than_never_rotated() -> None:
    masked = [{**FOUND.destinations[0], "configuration": {"host": "**********"}}]
    with pytest.raises(ConfigurationError, match=r"d.yaml: configuration.host is a secret to Airbyte"):
        plan(DECLARED, BODIES, replace(FOUND, destinations=masked))


def test_differences_name_the_keys_and_never_the_values() -> None:
    wanted = {"host": "h", "credentials": {"password": "p", "user": "u"}, "streams": [{"name": "a"}]}
    found = {"host": "g", "credentials": {"password": "**********"}, "streams": [{"name": "a", "x": 1}], "more": 2}
    assert differences(wanted, found) == ("host", "credentials.user")
    assert differences(wanted, found, exact=True) == ("host", "credentials.user", "streams.x", "more")
