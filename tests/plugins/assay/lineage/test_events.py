"""OpenLineage events of dbt's results."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlparse
from uuid import UUID

from openlineage.client.event_v2 import RunEvent
from openlineage.client.serde import Serde

from assay.lineage.events import built, published
from assay.lineage.run_context import RunContext
from assay.pods.results import ResultLines, Results
from tests.plugins.assay.marks import MARKS

NOW = "2026-11-26T01:15:00+00:00"
OCCASION = RunContext("assay/local", "flights", "scheduled__1", "silver.legs.run", 1, NOW)


def results(*said: dict[str, Any]) -> Results:
    lines = ResultLines()
    for number, each in enumerate(said, 1):
        node = {"n": number, "seconds": 1, "warehouse": "snowflake://assay", "started": NOW, "ended": NOW} | each
        lines.take(f"assay-result {json.dumps(node)}")
    lines.take(f'assay-result {{"end": {len(said)}}}')
    return lines.results()


def model(name: str, status: str = "success", **more: Any) -> dict[str, Any]:
    return {
        "id": f"model.assay.{name}",
        "fqn": ["assay", "flights", "silver", name],
        "status": status,
        "relation": f"LOCAL_FLIGHTS.SILVER.{name.upper()}",
        "inputs": ["LOCAL_FLIGHTS.BRONZE.RECORDS"],
    } | more


TEST = {
    "id": "test.assay.unique.1",
    "fqn": ["assay", "flights", "silver", "unique"],
    "status": "fail",
    "rows_in": "LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__UNIQUE",
}


def as_json(events: list[RunEvent]) -> list[dict[str, Any]]:
    return [json.loads(Serde.to_json(event)) for event in events]


def test_a_model_starts_and_completes_as_one_run_of_its_own_job() -> None:
    start, complete = as_json(built(results(model("legs", rows=1200)), OCCASION))
    assert [start["eventType"], complete["eventType"]] == ["START", "COMPLETE"]
    assert start["run"]["runId"] == complete["run"]["runId"]
    assert complete["job"]["name"] == "flights.silver.legs"
    assert complete["job"]["namespace"] == "assay/local"
    assert [dataset["name"] for dataset in complete["inputs"]] == ["LOCAL_FLIGHTS.BRONZE.RECORDS"]
    (output,) = complete["outputs"]
    assert (output["namespace"], output["name"]) == ("snowflake://assay", "LOCAL_FLIGHTS.SILVER.LEGS")
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 1200
    parent = complete["run"]["facets"]["parent"]
    assert parent["job"]["name"] == "flights"


def test_a_broken_model_fails_with_its_reason_and_a_skipped_one_is_not_mentioned() -> None:
    told = results(model("legs", "error", message="invalid identifier"), model("sums", "skipped"), TEST)
    start, fail = as_json(built(told, OCCASION))
    assert [start["eventType"], fail["eventType"]] == ["START", "FAIL"]
    assert fail["run"]["facets"]["errorMessage"]["message"] == "Model legs was not built: invalid identifier"


def test_names_and_messages_are_kept_as_they_are() -> None:
    for mark in MARKS:
        name = mark.replace(".", "-")
        occasion = RunContext("assay/local", "flights", mark, "silver.legs.run", 1, NOW)
        broken = model(name, "error", message=mark, inputs=[f"LOCAL_FLIGHTS.BRONZE.{name}"])
        start, fail = as_json(built(results(broken), occasion))
        assert {event["job"]["name"] for event in (start, fail)} == {f"flights.silver.{name}"}
        assert fail["inputs"][0]["name"] == f"LOCAL_FLIGHTS.BRONZE.{name}"
        assert fail["outputs"][0]["name"] == f"LOCAL_FLIGHTS.SILVER.{name.upper()}"
        said = fail["run"]["facets"]["errorMessage"]["message"]
        assert said == f"Model {name} was not built: {mark.splitlines()[0].strip()}"
        UUID(fail["run"]["facets"]["parent"]["run"]["runId"])


def test_another_attempt_is_another_run_of_the_same_job_under_the_same_parent() -> None:
    again = RunContext("assay/local", "flights", "scheduled__1", "silver.legs.run", 2, NOW)
    first, second = (as_json(built(results(model("legs")), when))[0] for when in (OCCASION, again))
    assert first["run"]["runId"] != second["run"]["runId"]
    assert first["run"]["facets"]["parent"] == second["run"]["facets"]["parent"]


def test_publishing_leads_from_each_candidate_to_its_live_table_and_to_no_other() -> None:
    run_context = RunContext("assay/local", "flights", "scheduled__1", "release.publish", 1, NOW)
    tables = {f"LOCAL_FLIGHTS.GOLD_NEXT.{name}": f"LOCAL_FLIGHTS.GOLD.{name}" for name in ("A", "B")}
    events = as_json(published(tables, "snowflake://assay", run_context))
    assert {(event["job"]["name"], event["inputs"][0]["name"], event["outputs"][0]["name"]) for event in events} == {
        ("flights.release.publish.a", "LOCAL_FLIGHTS.GOLD_NEXT.A", "LOCAL_FLIGHTS.GOLD.A"),
        ("flights.release.publish.b", "LOCAL_FLIGHTS.GOLD_NEXT.B", "LOCAL_FLIGHTS.GOLD.B"),
    }


def test_events_are_what_the_specification_asks_for() -> None:
    """Its required keys and formats: openlineage.io/spec/2-0-2/OpenLineage.json."""
    for event in as_json(built(results(model("legs", rows=1), model("sums", "error", message="no")), OCCASION)):
        assert {"eventTime", "producer", "schemaURL", "run", "job"} <= event.keys()
        assert event["eventType"] in ("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER")
        assert event["eventTime"].endswith("+00:00")
        assert urlparse(event["producer"]).scheme == "https"
        assert event["schemaURL"].startswith("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent")
        UUID(event["run"]["runId"])
        for dataset in event["inputs"] + event["outputs"]:
            assert dataset["namespace"].startswith("snowflake://")
            assert dataset["name"].count(".") == 2
        facets = [*event["run"]["facets"].values(), *event["job"]["facets"].values()]
        assert facets
        assert all(facet["_producer"] and facet["_schemaURL"] for facet in facets)
