"""What a contract says, once read: columns and rules. Data only."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from assay.contracts.spelling import Spelling, spelling
from assay.contracts.sql_types import SqlType


class Severity(StrEnum):
    """`error` rejects the load; `warning` is reported, and the load passes."""

    ERROR = "error"
    WARNING = "warning"


class Kind(StrEnum):
    """What a rule looks at. The SQL of each is in `sql/macros.sql`."""

    TYPE = "type"
    REQUIRED = "required"
    KEY = "key"
    UNIQUE = "unique"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    ABOVE = "above"
    BELOW = "below"
    SHORTEST = "shortest"
    LONGEST = "longest"
    PATTERN = "pattern"
    ACCEPTED = "accepted"
    HOLDS = "holds"
    ROW_COUNT = "row_count"
    AGE = "age"
    QUERY = "query"

    @property
    def names_rows(self) -> bool:
        """Whether single rows break it. The others measure the load as a whole."""
        return self not in (Kind.ROW_COUNT, Kind.AGE, Kind.QUERY)


@dataclass(frozen=True)
class Bound:
    """What a count, a percentage or a measured value must satisfy."""

    comparison: str
    values: tuple[float, ...]

    def holds(self, value: float) -> bool:
        first = self.values[0]
        match self.comparison:
            case "mustBe":
                return value == first
            case "mustNotBe":
                return value != first
            case "mustBeGreaterThan":
                return value > first
            case "mustBeGreaterOrEqualTo":
                return value >= first
            case "mustBeLessThan":
                return value < first
            case "mustBeLessOrEqualTo":
                return value <= first
            case "mustBeBetween":
                return first <= value <= self.values[1]
            case "mustNotBeBetween":
                return not first <= value <= self.values[1]
        raise ValueError(f"{self.comparison} is not a comparison")

    @property
    def spoken(self) -> str:
        words = {
            "mustBe": "{}",
            "mustNotBe": "anything but {}",
            "mustBeGreaterThan": "more than {}",
            "mustBeGreaterOrEqualTo": "at least {}",
            "mustBeLessThan": "less than {}",
            "mustBeLessOrEqualTo": "at most {}",
            "mustBeBetween": "between {} and {}",
            "mustNotBeBetween": "outside of {} to {}",
        }[self.comparison]
        return words.format(*(f"{value:g}" for value in self.values))


NONE = Bound("mustBe", (0,))


@dataclass(frozen=True)
class Rule:
    """One thing that must hold.

    `says` completes a sentence. Of a row: "temp is below -60". Of the load: "the number of rows". `flag` is the name
    under which the rule's result comes back from SQL.
    """

    name: str
    kind: Kind
    says: str
    column: str | None = None
    columns: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR
    arguments: Mapping[str, Any] = field(default_factory=dict)
    bound: Bound = NONE
    percent: bool = False
    flag: str = ""

    @property
    def of_table(self) -> bool:
        """Whether it is asked of the approved table as it will be. A tolerance is one of the load."""
        return self.kind is Kind.UNIQUE and self.bound == NONE and not self.percent

    @property
    def counts_values(self) -> bool:
        """Whether its bound is about values that occur more than once, and not about the rows that have them."""
        return self.kind is Kind.UNIQUE and self.bound != NONE and self.column is not None

    @property
    def shows(self) -> bool:
        """Whether the value helps beside the reason."""
        return self.column is not None and self.kind not in (Kind.REQUIRED, Kind.HOLDS)


@dataclass(frozen=True)
class Column:
    """`physical` is the column's name where it lands, if it is another than ours. `optional`: a file may lack it.

    `spelled` says how its values are written; without it they are written as its type demands.
    """

    name: str
    type: SqlType
    description: str
    key: bool = False
    physical: str | None = None
    optional: bool = False
    spelled: Spelling | None = None

    @property
    def source(self) -> str:
        """Its name in files and in Airbyte's tables, where case does not matter."""
        return self.physical or self.name

    @property
    def spelling(self) -> Spelling:
        return self.spelled or spelling(self.type)

    @property
    def spoken(self) -> str:
        """In a sentence: "is not …"."""
        shown = self.spelling.shown
        return f"{self.type.spoken} ({shown})" if shown else self.type.spoken


@dataclass(frozen=True)
class Contract:
    """`rules` are in the order of the file, so that what people read follows what they wrote.

    `ordered_by` is the column that decides which of two rows of a key is newer; without it, what brought them does.
    """

    table: str
    version: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    ordered_by: str | None = None

    @property
    def may_be_empty(self) -> bool:
        """Whether a file without rows is fine. A rowCount rule says so that allows 0 and names it."""
        counts = [rule.bound for rule in self.rules if rule.kind is Kind.ROW_COUNT and rule.severity is Severity.ERROR]
        return any(0 in bound.values for bound in counts) and all(bound.holds(0) for bound in counts)

    @property
    def digest(self) -> str:
        """The same as long as everything but the version is."""
        return hashlib.sha256(repr(replace(self, version="")).encode()).hexdigest()

    @property
    def source_columns(self) -> list[str]:
        """The names that its columns have in files and in Airbyte's tables."""
        return [column.source for column in self.columns]

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)
