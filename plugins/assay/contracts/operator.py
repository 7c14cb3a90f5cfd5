"""The task that checks what one source landed in this run."""

from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from assay.alerts import pending_warnings
from assay.contracts.approval import ContractBreach, NothingToApprove, Outcome, approve_load
from assay.contracts.contract import Contract
from assay.contracts.evolution import ContractClash
from assay.in_log import in_log
from assay.leases.tasks import writing
from assay.load_ledger import Load
from assay.zones import ServiceRole, Source, Zone, ZoneNames

RESULTS = "results"
LONGEST = 3400
"""Characters. Airflow keeps 4,096 of a rendered field."""


class LoadRefused(AirflowFailException):
    """The task's failure. Alerts know by `identity` and `standing` whether the channel knows of it already."""

    def __init__(self, text: str, identity: str, *, standing: bool) -> None:
        super().__init__(text)
        self.identity = identity
        self.standing = standing


class ApproveOperator(BaseOperator):
    """Merges the run's load into `BRONZE.SRC_<TABLE>`, or refuses it and keeps its bad rows in quarantine.

    A refusal is final: the same rows break the same rules however often they are read. Its text is the sentence for
    the chat. The task's page in Airflow shows it as the field `results`, with the statement that shows the rows.
    """

    ui_color = "#f4d58d"
    overwrite_rtif_after_execution = True  # the page shows the fields as they are when the task has ended

    def __init__(self, *, zone: Zone, source: Source, environment: str, contract: Contract, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._names = ZoneNames(environment, zone.zone)
        self._source = source
        self._contract = contract

    def execute(self, context: Context) -> dict[str, Any]:
        load = Load(self._names, self._source.name, self._contract.table, context["run_id"])
        try:
            with writing(self._names, ServiceRole.LOADER, context) as warehouse:
                outcome = approve_load(warehouse, load, self._contract)
        except ContractBreach as error:
            self._show(page_of_refusal(str(error), load, not error.standing))
            raise LoadRefused(in_log(str(error)), error.problem, standing=error.standing) from None
        except (ContractClash, NothingToApprove) as error:
            self._show(page_of_refusal(str(error), load, False))
            raise AirflowFailException(in_log(str(error))) from None
        self._show(page_of_approval(outcome, load))
        for sentence in outcome.warnings:
            self.log.warning("%s: %s", self._contract.table, in_log(sentence))
        ti = context["ti"]
        lines = [f"Contract of {self._contract.table} warns: {sentence}." for sentence in outcome.warnings]
        pending_warnings.remember(self._names.zone, ti.run_id, ti.task_id, lines, int(ti.try_number or 1))
        self.log.info(
            "%s: load %s %s: %d rows landed, %d added or changed.",
            self._contract.table,
            load.id,
            "was approved already" if outcome.already else "approved",
            outcome.rows,
            outcome.approved,
        )
        return {
            "load_id": load.id,
            "rows_landed": outcome.rows,
            "rows_approved": outcome.approved,
            "warnings": list(outcome.warnings),
        }

    def _show(self, page: str) -> None:
        """Put the text on the task's page. The field is made when the task runs and costs the DAG nothing."""
        self.results = page
        self.template_fields = (*self.template_fields, RESULTS)


def page_of_refusal(sentence: str, load: Load, quarantined: bool) -> str:
    """Why the load was refused, and how to see the rows with their reasons."""
    lines = [clipped(sentence)]
    if quarantined:
        lines += [
            "",
            "The rows, each with its reasons:",
            f"select * from {load.names.quarantine(load.table)} where _load_id = '{load.id}';",
        ]
    return "\n".join(lines)


def page_of_approval(outcome: Outcome, load: Load) -> str:
    """What was approved, and the contract's warnings."""
    what = "was approved by an earlier attempt" if outcome.already else "approved"
    first = f"{load.table}: {what}, {outcome.rows} rows landed, {outcome.approved} added or changed."
    return clipped("\n".join([first, *outcome.warnings]))


def clipped(text: str) -> str:
    """The text, cut to what Airflow keeps of a field beside the statement; the whole of it is in the task's log."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … (the rest is in the log)"
