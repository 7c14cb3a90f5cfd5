"""Transform: the zone's dbt models as tasks, in layers that gateways divide. Depends on pods, settings and zones.

`graph` holds the rules and imports no Airflow; `factory` makes the tasks, through dbt-airflow-factory.
"""

from typing import TYPE_CHECKING, Any

from assay.dbt_graph.manifest import graph_of
from assay.errors import ConfigurationError
from assay.run_params import FULL_REFRESH, MODELS
from assay.settings import Settings
from assay.transform.model_selection import choices
from assay.zones import Zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.pods import PodOperator
    from assay.transform.factory import Layers
    from assay.transform.section import Section

__all__ = ["model_form", "smoke", "transform"]


def transform(zone: Zone, settings: Settings, ingestion: "Callable[[], Section]") -> "Layers":
    """Make dbt-airflow-factory's tasks in the DAG that is open: `start`, ingestion, the layers with gateways, `end`."""
    from assay.transform.factory import LayeredDagFactory

    factory = LayeredDagFactory(zone, settings, ingestion)
    factory.create_tasks()
    return factory.layers


def smoke(zone: Zone, settings: Settings) -> "PodOperator":
    """The task `smoke`: the tests that compare the candidate with the live release. A zone needs one to parse."""
    from assay.transform.factory import dbt_pod

    command = graph_of(zone, settings).smoke
    if not command:
        raise ConfigurationError(
            f"dbt/tests/{zone.zone}/smoke: there is no smoke test, and no candidate is published unaudited; write one"
        )
    return dbt_pod(zone, settings, "smoke", command)


def model_form(zone: Zone, settings: Settings) -> dict[str, Any]:
    """The fields of the form that starts a run by hand: the models to limit it to, and whether to rebuild them."""
    from airflow.sdk import Param

    known = choices(graph_of(zone, settings))
    return {
        MODELS: Param(
            None,
            type=["null", "array"],
            items={"type": "string", "enum": sorted(known)},
            examples=list(known),
            values_display={name: f"{layer}: {name}" for name, layer in known.items()},
            title="Models",
            description="Build and test these alone, from the data that is there; sources are loaded again only where "
            "days are given above. The release is made, compared and published whole as ever. Leave empty for all.",
        ),
        FULL_REFRESH: Param(
            False,
            type="boolean",
            title="Full refresh",
            description="Rebuild incremental models from all approved data, and replace seeds. Snapshots, and "
            "models that say `full_refresh: false`, keep their history.",
        ),
    }
