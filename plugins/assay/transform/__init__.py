"""Transform: the zone's dbt models as tasks, in layers that gateways divide. Depends on pods, settings and zones.

`graph` holds the rules and imports no Airflow; `factory` makes the tasks, through dbt-airflow-factory.
"""

from typing import TYPE_CHECKING

from assay.errors import ConfigurationError
from assay.settings import Settings
from assay.transform.manifest import graph_of
from assay.zones import Zone

if TYPE_CHECKING:
    from assay.pods import PodOperator
    from assay.transform.factory import Layers

__all__ = ["smoke", "transform"]


def transform(zone: Zone, settings: Settings) -> "Layers":
    """The tasks of every layer, gateways included, made in the DAG that is open."""
    from assay.transform.factory import LayeredDagFactory

    return LayeredDagFactory(zone, settings).layers()


def smoke(zone: Zone, settings: Settings) -> "PodOperator":
    """The task `smoke`: the tests that compare the candidate with the live release. A zone needs one to parse."""
    from assay.transform.factory import dbt_pod

    command = graph_of(zone.zone, settings).smoke
    if not command:
        raise ConfigurationError(
            f"dbt/tests/{zone.zone}/smoke: there is no smoke test, and no candidate is published unaudited; write one"
        )
    return dbt_pod(zone, settings, "smoke", command)
