"""The story: how a zone's data becomes a release.

    ingest ─▶ approve ─▶ bronze ═gateway═▶ silver ═gateway═▶ gold ─▶ audit ─▶ publish ─▶ announce

Every verb is a package beside this file. What is read here is what the Airflow grid shows, for every zone and in every
environment: a zone's file says what differs between zones, `dags/config/<environment>` what between environments.
"""

from pathlib import Path

from airflow.sdk import DAG, TaskGroup, chain

from assay import settings as environments
from assay.alerts import announce, callbacks
from assay.contracts import approve
from assay.ingestion import backfill_form, ingest
from assay.markdown import as_markdown
from assay.releases import candidate, publish, refuse
from assay.transform import model_form, smoke, transform
from assay.transform.section import Section
from assay.zones import Layer, Zone, load_zone

RUN_TYPES = ("scheduled", "manual", "operator_triggered", "asset_triggered", "asset_materialization")
"""All but Airflow's own backfill: it runs dates side by side, whatever `max_active_runs` says, and no source looks at
them. Days are taken again by `backfill_from` and `backfill_to` of the form."""


def pipeline(dag_file: str) -> DAG:
    """The DAG of the zone that the DAG file is named after: `dags/flights.py` is `dags/zones/flights/zone.yml`.

    Raises ConfigurationError, which Airflow shows as this file's import error, when the zone is described wrongly.
    """
    file = Path(dag_file)
    settings = environments.load(file.parent)
    zone = load_zone(file.parent / "zones" / file.stem)

    with _dag(zone, settings) as dag:
        # dbt-airflow-factory's row: start, then ingestion, then choose and the layers with their gateways, then end.
        layers = transform(zone, settings, ingestion=lambda: _load(zone, settings))
        next_release = candidate(zone, settings)
        with TaskGroup("release"):
            audited = smoke(zone, settings)
            released = publish(zone, settings)
            refused = refuse(zone, settings)

        chain(layers.choose, next_release, layers.gateway_to_gold)
        chain(layers.end, audited, released, announce(zone, settings))
        chain([layers.end, audited, released], refused)
    return dag


def _load(zone: Zone, settings: environments.Settings) -> Section:
    """Ingest each source of the zone, then approve what it brought. The factory calls this, by `ingestion.yml`."""
    with TaskGroup("ingest") as ingested:
        landed = {source.name: ingest(zone, source, settings) for source in zone.sources}
    with TaskGroup("approve") as approved:
        for source in zone.sources:
            landed[source.name] >> approve(zone, source, settings)
    return Section(first=[ingested], last=[approved])


def _dag(zone: Zone, settings: environments.Settings) -> DAG:
    arguments = settings.dag | callbacks(zone, settings)
    arguments["default_args"] = arguments["default_args"] | {"owner": zone.owner}
    return DAG(
        dag_id=zone.zone,
        description=zone.description,
        schedule=zone.schedule,
        allowed_run_types=RUN_TYPES,  # type: ignore[arg-type]  # it takes names, too
        params=backfill_form(zone) | model_form(zone, settings),
        doc_md=_page(zone),
        tags=[f"zone:{zone.zone}", *(f"layer:{layer}" for layer in Layer)],
        **arguments,
    )


def _page(zone: Zone) -> str:
    """What Airflow shows about the DAG, as Markdown."""
    people = f"Owner: {as_markdown(zone.owner)}. Steward: {as_markdown(zone.steward)}."
    return f"{as_markdown(zone.description)}\n\n{people} Runbook: `{zone.runbook}`."
