"""The task that lands a source, made by its kind. A kind's operator is imported only where a zone has such a source:
parsing stays quick."""

from typing import TYPE_CHECKING, Protocol, cast

from assay.contracts import Contract, load_contract
from assay.errors import ConfigurationError
from assay.extensions import SOURCES, Kind, kinds
from assay.ingestion.window import WrongWindow, window_of
from assay.run_params import WrongForm, check_fields, chosen_models
from assay.settings import Settings
from assay.zones import Source, Zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import BaseOperator, Context

OPERATOR = "operator"


class MakeTask(Protocol):
    """The function `task` in a kind's `operator.py`. It hands `pre_execute` on to the operator."""

    def __call__(
        self,
        zone: Zone,
        source: Source,
        settings: Settings,
        contract: Contract,
        *,
        pre_execute: "Callable[[Context], None]",
    ) -> "BaseOperator": ...


def task_for(zone: Zone, source: Source, settings: Settings) -> "BaseOperator":
    contract = load_contract(settings.dags_folder / "zones" / zone.zone, source.table)
    kind = kinds(SOURCES).right[source.kind]
    return _maker(kind)(zone, source, settings, contract, pre_execute=skip_unless_asked)


def import_operators() -> None:
    """Import the operators of every kind, for processes that fork tasks. Raises ConfigurationError for the first that
    cannot be imported."""
    for kind in kinds(SOURCES).right.values():
        kind.part(OPERATOR)


def _maker(kind: Kind) -> MakeTask:
    make = getattr(kind.part(OPERATOR), "task", None)
    if not callable(make):
        raise ConfigurationError(
            f"{kind.path(OPERATOR)}: has no function `task`, which makes the source's task; write it"
        )
    return cast("MakeTask", make)


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
