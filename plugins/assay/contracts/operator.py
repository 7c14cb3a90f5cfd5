"""The task that judges what one source landed in this run."""

from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from assay.contracts.approval import ContractBreach, NothingToApprove, approve_load
from assay.contracts.contract import Contract
from assay.contracts.evolution import ContractClash
from assay.registers import Load
from assay.warehouse import airflow_warehouse
from assay.zones import Duty, Source, Zone, ZoneNames


class ApproveOperator(BaseOperator):
    """Merges the run's load into `BRONZE.SRC_<TABLE>`, or refuses it and keeps its bad rows in quarantine.

    A refusal is final: the same rows break the same rules however often they are read. Its text is the sentence for
    the chat.
    """

    ui_color = "#f4d58d"

    def __init__(self, *, zone: Zone, source: Source, environment: str, contract: Contract, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._names = ZoneNames(environment, zone.zone)
        self._source = source
        self._contract = contract

    def execute(self, context: Context) -> dict[str, Any]:
        load = Load(self._names, self._source.name, self._contract.table, context["run_id"])
        try:
            with airflow_warehouse(self._names.connection(Duty.LOADER)) as warehouse:
                outcome = approve_load(warehouse, load, self._contract)
        except (ContractBreach, ContractClash, NothingToApprove) as error:
            raise AirflowFailException(str(error)) from error
        for sentence in outcome.warnings:
            self.log.warning("%s: %s", self._contract.table, sentence)
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
