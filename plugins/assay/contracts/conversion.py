"""From a landed column's type to the contract's: the ways in which no value changes. Everything else is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from assay.contracts.contract import Column, Contract
from assay.contracts.sql_types import Existing, Family

NUMBERS = ("NUMBER", "DECIMAL", "NUMERIC")


class Way(StrEnum):
    """How a value is converted. The SQL of each is in `sql/conversions.sql`."""

    ABSENT = "absent"
    SAME = "same"
    TEXT = "text"
    JSON = "json"
    WORD = "word"
    NUMBER = "number"
    FLOAT = "float"
    FLOAT_TO_NUMBER = "float_to_number"
    TIME = "time"
    INSTANT = "instant"
    INSTANT_TO_TIME = "instant_to_time"


@dataclass(frozen=True)
class LandedColumn:
    """A column of the contract as it lies in the load's table; `landed` is its name there, None if it is not there."""

    column: Column
    landed: str | None
    way: Way

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def is_measured(self) -> bool:
        """Whether the digits of a text must be counted, to know that a FLOAT gives them back."""
        return self.way in (Way.TEXT, Way.NUMBER) and self.column.type.family is Family.FLOAT


def landed_columns(contract: Contract, landed: Mapping[str, Existing]) -> list[LandedColumn]:
    """The contract's columns in the landed table. `landed` has lower-case names. Columns that cannot be converted are
    left out: `check_columns` refuses a load that has one."""
    found = []
    for column in contract.columns:
        existing = landed.get(column.source.lower())
        if existing is None:
            found.append(LandedColumn(column, None, Way.ABSENT))
        elif (way := way_of(column, existing)) is not None:
            found.append(LandedColumn(column, existing.name, way))
    return found


def way_of(column: Column, existing: Existing) -> Way | None:
    """None where a value could change on the way, such as from FLOAT to text, or from a date to an instant."""
    return _WAYS.get((_kind(existing.data_type), column.type.family))


def _kind(data_type: str) -> str:
    return "NUMBER" if data_type in NUMBERS else data_type


_WAYS = {
    **{("TEXT", family): Way.TEXT for family in Family},
    ("TEXT", Family.TEXT): Way.SAME,
    ("NUMBER", Family.TEXT): Way.WORD,
    ("NUMBER", Family.INTEGER): Way.NUMBER,
    ("NUMBER", Family.NUMBER): Way.NUMBER,
    ("NUMBER", Family.FLOAT): Way.NUMBER,
    ("FLOAT", Family.FLOAT): Way.FLOAT,
    ("FLOAT", Family.INTEGER): Way.FLOAT_TO_NUMBER,
    ("FLOAT", Family.NUMBER): Way.FLOAT_TO_NUMBER,
    ("BOOLEAN", Family.BOOLEAN): Way.SAME,
    ("BOOLEAN", Family.TEXT): Way.WORD,
    ("DATE", Family.DATE): Way.TIME,
    ("TIMESTAMP_NTZ", Family.TIMESTAMP): Way.TIME,
    ("TIMESTAMP_TZ", Family.TIMESTAMP): Way.INSTANT_TO_TIME,
    ("TIMESTAMP_TZ", Family.INSTANT): Way.INSTANT,
    ("OBJECT", Family.TEXT): Way.JSON,
    ("ARRAY", Family.TEXT): Way.JSON,
    ("VARIANT", Family.TEXT): Way.WORD,
}
