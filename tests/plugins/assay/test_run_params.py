"""What a run may be started with: the fields of its form, and nothing that Airflow would pass on unread."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from hypothesis import given
from hypothesis import strategies as st

from assay.ingestion.tasks import skip_unless_asked
from assay.run_params import FIELDS, MODELS, WrongForm, check_fields


@given(st.dictionaries(st.text(max_size=12) | st.sampled_from(FIELDS), st.none() | st.text(max_size=5), max_size=5))
def test_a_field_that_the_form_does_not_have_is_refused_by_name(params: dict[str, Any]) -> None:
    unknown = [name for name in params if name not in FIELDS]
    if not unknown:
        check_fields(params)
        return
    with pytest.raises(WrongForm) as refused:
        check_fields(params)
    assert f'has no field "{unknown[0]}"' in str(refused.value)


@pytest.mark.parametrize(
    ("misspelt", "meant"), [("model", "models"), ("backfil_from", "backfill_from"), ("full-refresh", "full_refresh")]
)
def test_no_source_is_loaded_by_a_run_whose_form_is_misspelt(misspelt: str, meant: str) -> None:
    params = dict.fromkeys(FIELDS) | {misspelt: "x"}
    with pytest.raises(AirflowFailException, match=f'did you mean "{meant}"'):
        skip_unless_asked({"params": params})  # type: ignore[typeddict-item]


def test_a_run_of_some_models_loads_nothing() -> None:
    with pytest.raises(AirflowSkipException):
        skip_unless_asked({"params": {MODELS: ["daily_weather"]}})  # type: ignore[typeddict-item]
