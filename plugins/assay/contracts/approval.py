"""Checks a landed load, and approves it or keeps it in quarantine. Fetches, calls the rules, and writes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from assay.contracts import quarantine
from assay.contracts.ages import read_ages
from assay.contracts.check_results import (
    CheckResult,
    Violation,
    check_columns,
    check_files,
    check_rule,
    problem_of,
    refusal,
    still_refused,
    warnings,
)
from assay.contracts.contract import Contract
from assay.contracts.conversion import LandedColumn, landed_columns
from assay.contracts.evolution import check_key, missing_columns
from assay.contracts.properties import PROVENANCE
from assay.contracts.sql_types import Existing
from assay.errors import AssayError
from assay.load_ledger import Load, LoadStatus, Recorded, read_items, read_load, settle
from assay.sql import templates
from assay.warehouse import Warehouse

render = templates(__file__)


class ContractBreach(AssayError):
    """A load was refused. The text is the sentence for the chat; doing it again does not help.

    `problem`: one value for the broken rules and the files that break them. `standing`: it was refused before, and
    nothing has changed since.
    """

    def __init__(self, text: str, problem: str, *, standing: bool = False) -> None:
        super().__init__(text)
        self.problem = problem
        self.standing = standing


class NothingToApprove(AssayError):
    """There is no such load, or not in the form that approving it takes."""


@dataclass(frozen=True)
class Outcome:
    """`approved`: rows that were added or changed. `already`: an earlier attempt had approved the load."""

    rows: int
    approved: int
    warnings: tuple[str, ...] = ()
    already: bool = False


@dataclass(frozen=True)
class Tables:
    """The columns, by lower-case name, of the tables an approval deals with; None for a table that does not exist
    yet."""

    landed: Mapping[str, Existing]
    approved: Mapping[str, Existing] | None
    quarantine: Mapping[str, Existing] | None


def approve_load(warehouse: Warehouse, load: Load, contract: Contract) -> Outcome:
    """Check the load against the contract; merge it into the approved table, or raise ContractBreach.

    Doing it again changes nothing for an approved load, and checks a refused one again (its contract may have been
    corrected). A load may be approved after later ones: its rows take the place of older rows only. Raises
    NothingToApprove if the load never landed.
    """
    recorded = read_load(warehouse, load)
    if recorded is None:
        raise NothingToApprove(f"{contract.table}: load {load.id} has not landed; run `ingest.{load.source}` first")
    if recorded.status is LoadStatus.APPROVED:
        return Outcome(recorded.rows_landed, recorded.rows_approved, already=True)
    if (standing := recorded.standing) is not None:
        raise ContractBreach(still_refused(contract, load.id, standing), standing.problem, standing=True)
    return _Approval(warehouse, load, contract, recorded).run()


class _Approval:
    def __init__(self, warehouse: Warehouse, load: Load, contract: Contract, recorded: Recorded) -> None:
        self._warehouse = warehouse
        self._load = load
        self._contract = contract
        self._recorded = recorded
        self._approved = load.names.approved(contract.table)
        self._quarantine = load.names.quarantine(contract.table)

    def run(self) -> Outcome:
        items = read_items(self._warehouse, self._load)
        if not items and not self._recorded.rows_landed:
            return self._nothing_came()
        results, violations = check_files(self._contract, items)
        if self._tables.approved is not None:
            self._adapt_approved(self._tables.approved)
        columns = check_columns(self._contract, self._tables.landed)
        results += self._check_rows() if all(result.held for result in columns) else columns
        broken = [result for result in results if result.is_error]
        violations += [Violation(None, result.sentence) for result in broken if self._has_no_row(result)]
        if broken:
            self._refuse(results, violations)
        return self._approve(results)

    def _nothing_came(self) -> Outcome:
        """A load without rows is approved; how old the approved table is by now is still asked."""
        results = [check_rule(*each) for each in read_ages(self._warehouse, self._load.names, self._contract)]
        self._settle(LoadStatus.APPROVED, results)
        return Outcome(0, 0, tuple(warnings(results)))

    # -- what there is -----------------------------------------------------------------------------------------

    @cached_property
    def _tables(self) -> Tables:
        rows = self._warehouse.execute(
            render(
                "columns",
                database=self._load.names.database,
                load_table=self._load.load_table.rpartition(".")[2],
                approved=self._approved.rpartition(".")[2],
                quarantine=self._quarantine.rpartition(".")[2],
            )
        )
        found: dict[str, dict[str, Existing]] = {}
        for row in rows:
            scale = row["numeric_scale"]
            found.setdefault(row["table_schema"], {})[row["column_name"].lower()] = Existing(
                data_type=row["data_type"].upper(),
                scale=int(scale) if scale is not None else None,
                name=row["column_name"],
                nullable=row["is_nullable"] == "YES",
            )
        if "LANDING" not in found:
            raise NothingToApprove(
                f"{self._contract.table}: load {self._load.id} is recorded, but {self._load.load_table} does not "
                f"exist; run `ingest.{self._load.source}` again"
            )
        if "_ordered_by" not in found["LANDING"]:
            raise NothingToApprove(
                f"{self._contract.table}: load {self._load.id} was landed by an earlier version, without what orders "
                f"its rows; run `ingest.{self._load.source}` again"
            )
        return Tables(found["LANDING"], found.get("BRONZE"), found.get("QUARANTINE"))

    @cached_property
    def _columns(self) -> list[LandedColumn]:
        return landed_columns(self._contract, self._tables.landed)

    @cached_property
    def _extras(self) -> list[str]:
        """Where a landed row came from: its file and line, or Airbyte's own columns."""
        return [name for name in self._tables.landed if PROVENANCE.fullmatch(name)]

    @property
    def _file_column(self) -> str | None:
        return "_file" if "_file" in self._extras else None

    def _names(self) -> dict[str, Any]:
        return {
            "load_table": self._load.load_table,
            "typed": f"{self._load.load_table}__TYPED",
            "approved": self._approved,
            "approved_table": self._approved if self._tables.approved is not None else None,
            "quarantine": self._quarantine,
            "load_id": self._load.id,
            "columns": self._columns,
            "extras": self._extras,
            "airbyte": "_airbyte_meta" in self._extras,
            "file_column": self._file_column,
            "key": self._contract.key,
            "ordered_by": self._contract.ordered_by,
        }

    # -- checking ----------------------------------------------------------------------------------------------

    def _check_rows(self) -> list[CheckResult]:
        self._warehouse.execute(render("convert", **self._names()))
        (counted,) = self._warehouse.execute(
            render(
                "check",
                **self._names(),
                row_rules=[rule for rule in self._contract.rules if rule.kind.names_rows],
                load_rules=[rule for rule in self._contract.rules if not rule.kind.names_rows],
            )
        )
        checked = int(counted["checked"])
        return [
            check_rule(rule, checked, None if (value := counted[rule.flag]) is None else float(value))
            for rule in self._contract.rules
        ]

    def _has_no_row(self, result: CheckResult) -> bool:
        """Return whether the violation needs a quarantine row of its own, because no row or file carries it."""
        if result.rule.startswith("file."):
            return False
        return not any(rule.name == result.rule and rule.kind.names_rows for rule in self._contract.rules)

    # -- the two ways out --------------------------------------------------------------------------------------

    def _refuse(self, results: Sequence[CheckResult], violations: Sequence[Violation]) -> None:
        columns = [column.name for column in self._contract.columns]
        quarantine.prepare(self._warehouse, self._quarantine, [*columns, *self._extras], self._tables.quarantine)
        broken = {result.rule for result in results if result.is_error}
        guilty = [rule for rule in self._contract.rules if rule.name in broken and rule.kind.names_rows]
        names = self._names()
        etags = {item.path: item.etag for item in read_items(self._warehouse, self._load)}
        with self._warehouse.transaction():
            self._warehouse.execute(render("quarantine_forget", **names))
            if guilty:
                self._warehouse.execute(render("quarantine_rows", **names, rules=guilty))
            if violations:
                reasons = json.dumps([{"file": violation.file, "reason": violation.reason} for violation in violations])
                self._warehouse.execute(render("quarantine_reasons", **names), {"reasons": reasons})
            kept = self._warehouse.execute(render("quarantine_summary", **names))
            reason = refusal(self._contract, self._load.id, results, kept, self._quarantine)
            problem = problem_of(broken, kept, etags)
            total = int(kept[0]["total"])
            self._settle(LoadStatus.REFUSED, results, quarantined=total, reason=reason, problem=problem)
        raise ContractBreach(reason, problem)

    def _approve(self, results: Sequence[CheckResult]) -> Outcome:
        if self._tables.approved is None:
            self._warehouse.execute(render("create_approved", approved=self._approved, columns=self._contract.columns))
        names = self._names()
        values = [column.name for column in self._contract.columns if not column.key]
        with self._warehouse.transaction():
            if self._tables.quarantine is not None:
                self._warehouse.execute(render("quarantine_forget", **names))
            merged = self._warehouse.execute(render("merge", **names, values=values, backfill=self._recorded.backfill))
            self._warehouse.execute(render("advance", **names))
            approved = sum(int(count) for count in merged[0].values()) if merged else 0
            self._settle(LoadStatus.APPROVED, results, approved=approved)
        return Outcome(self._recorded.rows_landed, approved, tuple(warnings(results)))

    def _adapt_approved(self, present: Mapping[str, Existing]) -> None:
        """Bring the table up to the contract before the load is checked: some rules are asked of the table."""
        check_key(self._contract, self._approved, present)
        added = [(new.name, new.type) for new in missing_columns(self._contract, self._approved, present)]
        if "_ordered_by" not in present:
            added.append(("_ordered_by", "varchar"))
        for name, type_ in added:
            self._warehouse.execute(render("add_column", table=self._approved, column=name, type=type_))

    def _settle(self, status: LoadStatus, results: Sequence[CheckResult], **more: Any) -> None:
        """Record how the load ended, and each check's result, in the load ledger."""
        rows = [result.row() for result in results]
        settle(self._warehouse, self._load, status, rows, contract_version=self._contract.version, **more)
