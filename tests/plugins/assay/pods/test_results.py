"""dbt's results from the lines that it leaves in a pod's log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.alerts.error_text import cleaned
from assay.pods import report
from assay.pods.failures import Failure
from assay.pods.results import MARK, ResultLines, Results
from tests.plugins.assay.marks import MARKS


def line(number: int, **said: Any) -> str:
    node = {
        "n": number,
        "id": "test.assay.unique_legs.1a2b3c4d5e",
        "fqn": ["assay", "flights", "silver", "unique_legs"],
        "status": "pass",
        "started": "2026-11-26T01:14:50.319386Z",
        "ended": "2026-11-26T01:14:50.569386Z",
        "seconds": 0.25,
        "warehouse": "snowflake://assay",
    }
    return f"{MARK}{json.dumps(node | said)}"


def end(count: int) -> str:
    return f'{MARK}{{"end": {count}}}'


FAILED = line(
    1, status="fail", failures=3, message="Got 3 results", rows_in="LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__UNIQUE_LEGS"
)
WARNED = line(
    2, id="test.assay.few_delays.x1", status="warn", failures=1, rows_in="LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__FEW_DELAYS"
)
BUILT = line(
    3,
    id="model.assay.legs.v2",
    fqn=["assay", "flights", "silver", "legs", "v2"],
    status="success",
    rows=1200,
    relation="LOCAL_FLIGHTS.SILVER.LEGS",
    inputs=["LOCAL_FLIGHTS.BRONZE.RECORDS"],
)
BROKEN = line(
    4,
    id="model.assay.sums",
    fqn=["assay", "flights", "gold", "sums"],
    status="error",
    message="Database Error in model sums (models/sums.sql)\n  SQL compilation error\n  compiled code at target",
    relation="LOCAL_FLIGHTS.GOLD_NEXT.SUMS",
)


def read(*lines: str) -> Results:
    found = ResultLines()
    found.read(lines)
    return found.results()


def test_results_are_read_among_other_lines_in_dbts_order() -> None:
    results = read("06:18:34  Running with dbt=1.12.6", BUILT, WARNED, "", FAILED, end(3))
    assert [node.place for node in results.nodes] == ["unique_legs", "few_delays", "silver.legs_v2"]
    assert not results.missing
    assert [node.place for node in results.built] == ["silver.legs_v2"]
    assert results.failed[0].query == "select * from LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__UNIQUE_LEGS"


def test_a_lost_line_is_noticed_and_a_second_reading_mends_it() -> None:
    lines = ResultLines()
    for each in (FAILED, WARNED[:80], BUILT, end(3)):  # cut where the connection broke
        lines.take(each)
    assert not lines.complete
    assert lines.results().missing
    lines.read([FAILED, WARNED, BUILT, end(3)])
    assert lines.complete
    assert len(lines.results().nodes) == 3


def test_a_log_that_ends_before_dbt_does_is_incomplete() -> None:
    assert read(FAILED, WARNED).missing
    assert "the log broke off before dbt had ended" in report.page(read(FAILED, WARNED))


def test_a_line_that_says_something_else_is_no_result() -> None:
    assert read(f"{MARK}[]", f"{MARK}null", f'{MARK}{{"n": 1}}', f"{MARK}{{", "assay-results", end(0)).nodes == ()


@pytest.mark.parametrize("mark", [mark for mark in MARKS if "\0" not in mark])
def test_a_models_name_and_what_the_warehouse_quotes_are_text_in_results(mark: str) -> None:
    """A model is called after its file; a message quotes values. Both reach the page, the chat's sentence and XCom."""
    name = mark.replace("/", "|").replace(".", "-")
    message = f"Numeric value '{mark}\n{end(0)}\n{line(7)}' is not recognized"
    said = {"id": f"model.assay.{name}", "fqn": ["assay", "flights", "silver", name], "status": "error"}
    results = read(line(1, **said, message=message, relation="R"), end(1))
    (node,) = results.nodes
    assert (node.name, node.message) == (name, message)
    assert f"Model {name} was not built: " in report.sentence(node)
    for text in (report.page(results), report.failed(results), report.sentence(node)):
        assert all(part in text for part in message.split("\n")[0].splitlines())
    assert results.figures()[0]["node"] == f"silver.{name}"


def test_figures_hold_names_and_numbers_and_no_message() -> None:
    assert read(BUILT, BROKEN, FAILED, end(3)).figures() == [
        {
            "node": "unique_legs",
            "kind": "test",
            "status": "fail",
            "seconds": 0.25,
            "failures": 3,
            "rows_in": "LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__UNIQUE_LEGS",
        },
        {"node": "silver.legs_v2", "kind": "model", "status": "success", "seconds": 0.25, "rows": 1200},
        {"node": "gold.sums", "kind": "model", "status": "error", "seconds": 0.25},
    ]


def test_one_failed_test_is_named_with_count_and_query() -> None:
    trouble = Failure("`dbt test` ended with exit code 1", again=False, program_failed=True)
    told = report.in_words(trouble, read(FAILED, end(1)))
    assert told == Failure(
        "Test unique_legs failed: 3 rows.\nselect * from LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__UNIQUE_LEGS;",
        again=False,
        program_failed=True,
    )


def test_a_model_that_lost_its_connection_is_tried_again_and_a_failed_test_beside_it_is_final() -> None:
    trouble = Failure("`dbt build` ended with exit code 1", again=False, program_failed=True)
    lost = BROKEN.replace("SQL compilation error", "250001: Failed to connect to DB: Connection refused")
    for lines, again in (((lost, end(1)), True), ((lost, FAILED, end(2)), False)):
        told = report.in_words(trouble, read(*lines))
        assert told is not None
        assert told.again is again


def test_several_failures_are_summed_up_first_and_warnings_come_last() -> None:
    told = report.failed(read(FAILED, WARNED, BUILT, BROKEN, end(4)))
    assert told.splitlines() == [
        "Of 4 nodes 2 failed (unique_legs, sums), 1 warned (few_delays).",
        "Test unique_legs failed: 3 rows.",
        "select * from LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__UNIQUE_LEGS;",
        "Model sums was not built: Database Error in model sums (models/sums.sql)",
        "SQL compilation error",
        "Test few_delays warned: 1 row.",
        "select * from LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__FEW_DELAYS;",
    ]


def test_a_whole_layer_that_fails_is_told_as_an_alert_shows_it_whole() -> None:
    name = "a_test_with_a_name_as_long_as_dbt_makes_them_of_a_model_and_a_column"
    many = [
        line(
            n, id=f"test.assay.{name}_{n}.x", status=status, failures=n, rows_in=f"LOCAL_FLIGHTS.QUARANTINE.{name}_{n}"
        )
        for n, status in enumerate(["fail"] * 30 + ["warn"] * 30, 1)
    ]
    told = report.failed(read(*many, end(60)))
    assert cleaned(told) == told
    assert told.splitlines()[0].startswith("Of 60 nodes 30 failed (")
    assert "… and 25 more failed." in told
    assert told.splitlines()[-1] == "… and more: see the task's page."


def test_what_ended_the_pod_from_outside_stays_the_first_thing_said() -> None:
    killed = Failure("Pod x ran out of memory.", again=False)
    told = report.in_words(killed, read(BUILT))
    assert told is not None
    assert told.sentence.splitlines()[0] == "Pod x ran out of memory."
    assert "1 node went well. More may have happened" in told.sentence
    assert report.in_words(killed, Results()) == killed
    assert report.in_words(None, read(FAILED, end(1))) is None


def test_a_page_of_a_whole_layer_fits_what_airflow_keeps_and_shows_the_worst_first() -> None:
    many = [
        line(n, id=f"model.assay.model_{n}", fqn=["assay", "flights", "silver", f"model_{n}"], status="success", rows=n)
        for n in range(5, 500)
    ]
    page = report.page(read(*many, FAILED, WARNED, BUILT, BROKEN, end(499)))
    assert len(page) <= 4096
    assert page.splitlines()[2] == "Test unique_legs failed: 3 rows."
    assert "all figures are in the XCom `results`" in page
