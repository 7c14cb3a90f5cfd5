"""From what was counted to check results, and from these to the sentence people read. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from unicodedata import normalize

from assay.contracts.contract import Contract, Kind, Rule, Severity
from assay.contracts.conversion import way_of
from assay.contracts.sql_types import Existing
from assay.load_ledger import Item, Standing
from assay.sql import PLAIN

SYNC = "sync/"


@dataclass(frozen=True)
class CheckResult:
    """How one rule came out for one load. `breaches` of `checked` rows or files break it."""

    rule: str
    column: str | None
    severity: Severity
    held: bool
    breaches: int
    checked: int
    sentence: str

    @property
    def is_error(self) -> bool:
        """Whether it refuses the load."""
        return not self.held and self.severity is Severity.ERROR

    def row(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Violation:
    """A violation of the load or of one file as a whole, not of a row. `file` is None for the load."""

    file: str | None
    reason: str


def check_rule(rule: Rule, checked: int, measured: float | None) -> CheckResult:
    """`measured` is the count of rows that break the rule or, for a rule about the load as a whole, its value."""
    if rule.kind.names_rows:
        count = int(measured or 0)
        value = 100 * count / checked if rule.percent and checked else count
        held = rule.bound.holds(value)
        allowed = (
            "" if rule.bound.values == (0,) else f", and {rule.bound.spoken}{' %' if rule.percent else ''} is expected"
        )
        sentence = f"{rule.says} in {count:,} of {_rows(checked)}{allowed}"
        return CheckResult(rule.name, rule.column, rule.severity, held, count, checked, sentence)
    if rule.kind is Kind.AGE:
        return _check_age(rule, checked, measured)
    if measured is None:
        # Of no rows nothing can be measured; of rows, a query that answers nothing proves nothing.
        held = rule.kind is not Kind.QUERY or not checked
        return CheckResult(
            rule.name, rule.column, rule.severity, held, 0 if held else 1, checked, f"{rule.says} is not known"
        )
    held = rule.bound.holds(measured)
    sentence = f"{rule.says} is {measured:g}, and {rule.bound.spoken} is expected"
    return CheckResult(rule.name, rule.column, rule.severity, held, 0 if held else 1, checked, sentence)


def _check_age(rule: Rule, checked: int, seconds: float | None) -> CheckResult:
    """How old the newest value is, in hours; a table without any value is as late as one can be."""
    held = seconds is not None and rule.bound.holds(seconds)
    age = f"is {hours(seconds)} old" if seconds is not None else "is not there"
    sentence = f"the newest {rule.column} {age}, and at most {hours(rule.bound.values[0])} is expected"
    return CheckResult(rule.name, rule.column, rule.severity, held, 0 if held else 1, checked, sentence)


def hours(seconds: float) -> str:
    """In hours, as people say it: 1.5 hours, 36 hours, 140,256 hours."""
    count = seconds / 3600
    shown = f"{count:,.0f}" if abs(count) >= 10 or count == int(count) else f"{count:,.1f}"
    return f"{shown} hour{'' if shown == '1' else 's'}"


def check_columns(contract: Contract, landed: Mapping[str, Existing]) -> list[CheckResult]:
    """Whether the landed table, given by its columns' lower-case names, has every column of the contract, each in a
    type whose values the contract's type holds unchanged."""
    lacking = [column.source for column in contract.columns if column.source.lower() not in landed]
    needed = [column.source for column in contract.columns if column.source in lacking and not column.optional]
    count = len(contract.columns)
    clashing = [
        f"{column.source} landed as {existing.data_type}, and {column.type.written} cannot take every such value "
        f"unchanged"
        for column in contract.columns
        if (existing := landed.get(column.source.lower())) is not None and way_of(column, existing) is None
    ]
    sentence = f"what landed lacks {_columns(needed)}" if needed else "what landed has every column"
    types = _first_and_count(clashing) or "what landed has types that the contract's take unchanged"
    return [
        CheckResult("table.columns", None, Severity.ERROR, not needed, len(needed), count, sentence),
        CheckResult("table.types", None, Severity.ERROR, not clashing, len(clashing), count, types),
    ]


def check_files(contract: Contract, items: Sequence[Item]) -> tuple[list[CheckResult], list[Violation]]:
    """Whether every file could be read, whole, with the contract's columns and with rows in it."""
    files = [item for item in items if not item.path.startswith(SYNC)]
    if not files:
        return [], []
    wanted = [column.source.lower() for column in contract.columns]
    needed = [column.source.lower() for column in contract.columns if not column.optional]
    found: dict[str, list[Violation]] = {
        "file.readable": [
            Violation(file.path, f"{file.path} cannot be read: {file.first_error or 'the warehouse gives no reason'}")
            for file in files
            if file.status == "failed"
        ],
        "file.complete": [
            Violation(
                file.path,
                f"{file.path} came through in part: {file.rows_loaded:,} of {_rows(file.rows_parsed)}, "
                f"{file.first_error or 'the warehouse gives no reason'}",
            )
            for file in files
            if file.status == "partial"
        ],
        "file.not_empty": [
            Violation(file.path, f"{file.path} is empty" if file.status == "empty" else f"{file.path} has no rows")
            for file in files
            if file.status == "empty"
            or (file.status == "loaded" and not file.rows_loaded and not contract.may_be_empty)
        ],
        "file.columns": [
            Violation(file.path, f"{file.path} lacks {_columns(lacking)}{_instead(lacking, file.header)}")
            for file in files
            if (lacking := _lacking(needed, file.header))
        ],
    }
    results = [
        CheckResult(
            rule, None, Severity.ERROR, not violations, len(violations), len(files),
            _first_and_count([each.reason for each in violations]) or f"{_FINE[rule]} in {_files(len(files))}",
        )
        for rule, violations in found.items()
    ]  # fmt: skip
    results.append(_unknown_columns(wanted, files))
    return results, [violation for violations in found.values() for violation in violations]


_FINE = {
    "file.readable": "readable",
    "file.complete": "complete",
    "file.not_empty": "with rows",
    "file.columns": "with every column",
}


def _unknown_columns(wanted: Sequence[str], files: Sequence[Item]) -> CheckResult:
    unknown = {file.path: extra for file in files if (extra := sorted(set(_header(file.header)) - set(wanted)))}
    reasons = [f"{path} has {_columns(extra)}, which the contract does not know" for path, extra in unknown.items()]
    sentence = _first_and_count(reasons) or f"no unknown columns in {_files(len(files))}"
    return CheckResult("file.unknown_columns", None, Severity.WARNING, not unknown, len(unknown), len(files), sentence)


def _lacking(wanted: Sequence[str], header: str | None) -> list[str]:
    """A file whose header is not known (it could not be read) lacks nothing that is known."""
    present = _header(header)
    return [name for name in wanted if name not in present] if present else []


def _header(header: str | None) -> list[str]:
    """Column names in lower case, as they are matched."""
    return [name.lower() for name in _written(header)]


def _written(header: str | None) -> list[str]:
    """Column names exactly as written. Before it held a JSON list, the ledger separated them by commas."""
    if not header:
        return []
    return list(json.loads(header)) if header.startswith("[") else header.split(",")


def _instead(lacking: Sequence[str], header: str | None) -> str:
    """What the header has instead, where only blanks or marks that cannot be seen differ."""
    written = {_bare(name): name for name in _written(header)}
    found = [f"{written[_bare(name)]!r} instead of {name}" for name in lacking if _bare(name) in written]
    return f"; line 1 has {', '.join(found)}" if found else ""


def _bare(name: str) -> str:
    return "".join(letter for letter in normalize("NFKC", name).casefold() if letter.isalnum())


def _first_and_count(reasons: Sequence[str]) -> str:
    if not reasons:
        return ""
    more = f" (and {len(reasons) - 1:,} more like it)" if len(reasons) > 1 else ""
    return reasons[0] + more


def _columns(names: Sequence[str]) -> str:
    shown = (name if PLAIN.fullmatch(name) else repr(name) for name in names)
    return f"the column{'s' if len(names) > 1 else ''} {', '.join(shown)}"


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"


def refusal(
    contract: Contract, load_id: str, results: Sequence[CheckResult], kept: Sequence[Mapping[str, Any]], quarantine: str
) -> str:
    """The sentence for the chat: what is wrong, where, how much of it, and how to look.

    `kept` are the files with most quarantined rows: mappings with the keys file, rows_kept and example.
    """
    broken = [result for result in results if result.is_error]
    said = "; ".join(result.sentence for result in broken[:4])
    more = f"; and {len(broken) - 4} more rules" if len(broken) > 4 else ""
    named = [row for row in kept if row["file"]]
    where = ", ".join(f"{row['file']} ({_rows(int(row['rows_kept']))})" for row in named[:3])
    return (
        f"{contract.table}: load {load_id} breaks its contract, and nothing of it was approved: {said}{more}."
        + (f" In quarantine: {where}." if where else "")
        + f" Look at the rows and their reasons with: select * from {quarantine} where _load_id = '{load_id}'"
    )


def problem_of(rules: Iterable[str], kept: Sequence[Mapping[str, Any]], etags: Mapping[str, str]) -> str:
    """One value for a refusal: the broken rules, and the files with most quarantined rows as they were, by etag.

    Where rows come from no file, their number and one's reasons stand for them.
    """
    files = [
        [row["file"], next((etag for path, etag in etags.items() if row["file"].endswith(path)), "")]
        if row["file"]
        else ["", f"{row['rows_kept']}: {row['example']}"]
        for row in kept
    ]
    return hashlib.sha256(json.dumps([sorted(rules), sorted(files, key=str)]).encode()).hexdigest()[:16]


def still_refused(contract: Contract, load_id: str, standing: Standing) -> str:
    """The sentence for a run that met again what was refused before."""
    when = f" at {standing.refused_at:%Y-%m-%d %H:%M} UTC" if standing.refused_at else ""
    return (
        f"{contract.table}: nothing has changed since load {standing.load_id} was refused{when}, neither the data nor "
        f"the contract, so that load {load_id} was not landed. {standing.reason}"
    )


def warnings(results: Iterable[CheckResult]) -> list[str]:
    return [result.sentence for result in results if not result.held and result.severity is Severity.WARNING]
