"""Which operator lands a source, by its kind. Each is imported only where a zone has such a source: parsing stays
quick."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.contracts import Contract, load_contract
from assay.errors import ConfigurationError
from assay.ingestion.window import WrongWindow, window_of
from assay.run_params import WrongForm, check_fields, chosen_models
from assay.settings import Settings
from assay.zones import AirbyteSource, ContainerSource, FilesSource, Source, SqlJobSource, Zone

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, Context

EXPORTER = "assay/loader"
LONGEST_QUERY = 120_000
"""Bytes. Linux gives a process no environment variable of more than 131,071."""


def task_for(zone: Zone, source: Source, settings: Settings) -> "BaseOperator":
    folder = settings.dags_folder / "zones" / zone.zone
    contract = load_contract(folder, source.table)
    asked: dict[str, Any] = {"pre_execute": skip_unless_asked}
    match source:
        case AirbyteSource():
            return _airbyte(zone, source, settings, contract, asked)
        case FilesSource():
            from assay.ingestion.operators import FilesToLandingOperator

            return FilesToLandingOperator(
                task_id=source.name,
                zone=zone,
                source=source,
                contract=contract,
                environment=settings.environment,
                **asked,
            )
        case SqlJobSource():
            from assay.ingestion.operators import SqlJobToLandingOperator

            return SqlJobToLandingOperator(
                task_id=source.name,
                zone=zone,
                source=source,
                contract=contract,
                settings=settings,
                image=EXPORTER,
                command=["sql-job"],
                env={"ASSAY_JOB_SQL": read_query(folder, source.job)},
                secrets=[source.secret],
                **asked,
            )
        case ContainerSource():
            from assay.ingestion.operators import ContainerToLandingOperator

            return ContainerToLandingOperator(
                task_id=source.name,
                zone=zone,
                source=source,
                contract=contract,
                settings=settings,
                image=source.image,
                command=source.command,
                secrets=source.secrets,
                **asked,
            )


def skip_unless_asked(context: "Context") -> None:
    """Skip a source in a run that is limited to some models and names no days; fail in a run that was started with a
    field that the form does not have."""
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

    try:
        check_fields(context["params"])
        days = window_of(context["params"])
    except (WrongForm, WrongWindow) as error:
        raise AirflowFailException(str(error)) from error
    if days is None and chosen_models(context["params"]):
        raise AirflowSkipException("Not loaded: this run is limited to some models, and names no days.")


def _airbyte(
    zone: Zone, source: AirbyteSource, settings: Settings, contract: Contract, asked: dict[str, Any]
) -> "BaseOperator":
    from assay.ingestion.airbyte_landing import AirbyteToLandingOperator

    clocks = settings.airbyte
    return AirbyteToLandingOperator(
        task_id=source.name,
        zone=zone,
        source=source,
        contract=contract,
        environment=settings.environment,
        connection=source.connection,
        airbyte_conn_id=clocks.airbyte_connection_id,
        poll_interval=clocks.poll_interval,
        start_within=clocks.start_within,
        stalled_after=clocks.stalled_after,
        deadline=clocks.deadline,
        **asked,
    )


def read_query(folder: Path, job: str) -> str:
    """The text of `jobs/<job>.sql`, which is run as it is written."""
    shown = f"zones/{folder.name}/jobs/{job}.sql"
    try:
        query = (folder / "jobs" / f"{job}.sql").read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{shown}:1: is not UTF-8 text (byte {error.start + 1}); save it as UTF-8") from None
    if "\0" in query:
        line = query.count("\n", 0, query.index("\0")) + 1
        raise ConfigurationError(f"{shown}:{line}: holds the character U+0000; write the query without it")
    if len(query.encode()) > LONGEST_QUERY:
        raise ConfigurationError(
            f"{shown}:1: is longer than {LONGEST_QUERY} bytes, the most that a pod's environment takes; make it a view"
        )
    if not query.strip():
        raise ConfigurationError(f"{shown}:1: is empty; write the query whose rows are the load")
    return query.strip()
