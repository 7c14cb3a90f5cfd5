"""Lineage: which table is made from which, sent to an OpenLineage server as it happens.

`events` is pure and makes them of dbt's results; `delivery` sends them where the environment says. Depends on pods and
settings. The OpenLineage client takes half a second to import, so both are imported when there is something to send.
"""

from typing import TYPE_CHECKING

from assay.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assay.lineage.run_context import RunContext
    from assay.pods.results import Results

__all__ = ["tell_built", "tell_published"]


def tell_built(results: "Results", run_context: "RunContext", settings: Settings) -> None:
    """Says what each node of the results was made from. Never raises: lineage must not make anything worse."""
    if settings.lineage.enabled:
        from assay.lineage.events import built
        from assay.lineage.transport import send

        send(lambda: built(results, run_context), settings.lineage)


def tell_published(
    tables: "Mapping[str, str]", warehouse: "Callable[[], str]", run_context: "RunContext", settings: Settings
) -> None:
    """Says which table became which by a release: candidate to live, by their full names. Never raises.

    `warehouse` gives `snowflake://<account>`, and is read only if events are sent anywhere.
    """
    if settings.lineage.enabled:
        from assay.lineage.events import published
        from assay.lineage.transport import send

        send(lambda: published(tables, warehouse(), run_context), settings.lineage)
