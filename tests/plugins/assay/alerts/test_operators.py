"""The announcement says what was released, and nothing where nothing was."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from assay.alerts.operators import AnnounceOperator
from assay.zones import Zone


def test_a_publish_that_was_marked_as_a_success_is_not_announced(zones: list[Zone]) -> None:
    announce = AnnounceOperator(task_id="announce", zone=zones[0], environment="local")
    marked = SimpleNamespace(xcom_pull=lambda **_: None, dag_id="flights", run_id="run1")
    with pytest.raises(AirflowSkipException, match="marked by hand"):
        announce.execute({"ti": marked})  # type: ignore[typeddict-item]
