"""The column types a contract may ask for, and what becomes of a landed value on its way there."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """Kinds of types. A column of the approved table keeps its family and its scale for good."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    INSTANT = "instant"


LOGICAL = {
    Family.TEXT: "string",
    Family.INTEGER: "integer",
    Family.NUMBER: "number",
    Family.FLOAT: "number",
    Family.BOOLEAN: "boolean",
    Family.DATE: "date",
    Family.TIMESTAMP: "timestamp",
    Family.INSTANT: "timestamp",
}
WRITTEN = re.compile(
    r"(?P<name>[a-z_ ]+?)\s*(?:\(\s*(?P<first>\d{1,9})\s*(?:,\s*(?P<second>\d{1,9})\s*)?\))?",
    re.IGNORECASE | re.ASCII,
)
NAMES = {
    "VARCHAR": Family.TEXT,
    "TEXT": Family.TEXT,
    "STRING": Family.TEXT,
    "NUMBER": Family.NUMBER,
    "DECIMAL": Family.NUMBER,
    "NUMERIC": Family.NUMBER,
    "INTEGER": Family.NUMBER,
    "FLOAT": Family.FLOAT,
    "DOUBLE": Family.FLOAT,
    "BOOLEAN": Family.BOOLEAN,
    "DATE": Family.DATE,
    "TIMESTAMP_NTZ": Family.TIMESTAMP,
    "TIMESTAMP_TZ": Family.INSTANT,
}
PARAMETERS = {"VARCHAR": 1, "TEXT": 1, "STRING": 1, "NUMBER": 2, "DECIMAL": 2, "NUMERIC": 2}
"""How many numbers may follow a type in parentheses. Of times, the 9 that Snowflake itself adds."""
WIDEST = 38
LONGEST = 16_777_216
"""Characters of a text."""


@dataclass(frozen=True)
class SqlType:
    family: Family
    precision: int = WIDEST
    scale: int = 0
    length: int | None = None

    @property
    def stored(self) -> str:
        """How the approved table holds it: as wide as the family allows, so that only scale and family can clash
        later."""
        if self.family in (Family.INTEGER, Family.NUMBER):
            return f"number({WIDEST}, {self.scale})"
        return {
            Family.TEXT: "varchar",
            Family.FLOAT: "float",
            Family.BOOLEAN: "boolean",
            Family.DATE: "date",
            Family.TIMESTAMP: "timestamp_ntz",
            Family.INSTANT: "timestamp_tz",
        }[self.family]

    @property
    def written(self) -> str:
        """As a contract says it, such as `NUMBER(12,4)`."""
        if self.family is Family.NUMBER or (self.family is Family.INTEGER and self.precision != WIDEST):
            return f"NUMBER({self.precision},{self.scale})"
        return self.stored.upper().replace(" ", "")

    @property
    def spoken(self) -> str:
        """In a sentence: "is not …"."""
        if self.family is Family.NUMBER:
            return f"a number with {self.precision - self.scale} digits and {self.scale} decimals"
        if self.family is Family.INTEGER and self.precision != WIDEST:
            return f"a whole number with at most {self.precision} digits"
        if self.family is Family.TEXT and self.length is not None:
            return f"a text of at most {self.length} characters"
        return {
            Family.TEXT: "a text",
            Family.INTEGER: "a whole number",
            Family.FLOAT: "a number that a FLOAT holds digit by digit",
            Family.BOOLEAN: "a boolean",
            Family.DATE: "a date",
            Family.TIMESTAMP: "a time",
            Family.INSTANT: "a time with an offset from UTC",
        }[self.family]


def parse_type(written: str) -> SqlType:
    """The type a contract's `physicalType` names, e.g. `NUMBER(12,4)`. Raises ValueError with a clause that says why
    not."""
    match = WRITTEN.fullmatch(written.strip())
    family = NAMES.get(match["name"].upper()) if match else None
    if match is None or family is None:
        raise ValueError(f"is not a type that approved tables have; use one of {', '.join(NAMES)}")
    first, second = (int(match[group]) if match[group] else None for group in ("first", "second"))
    if family in (Family.TIMESTAMP, Family.INSTANT) and (first, second) == (9, None):
        first = None
    if sum(number is not None for number in (first, second)) > PARAMETERS.get(match["name"].upper(), 0):
        raise ValueError(f"has more in parentheses than {match['name'].upper()} takes here; leave it out")
    if family is Family.TEXT:
        if first is not None and not 1 <= first <= LONGEST:
            raise ValueError(f"must hold 1 to {LONGEST:,} characters")
        return SqlType(family, length=first)
    if family is Family.NUMBER:
        precision, scale = WIDEST if first is None else first, second or 0
        if not scale <= precision <= WIDEST or precision < 1:
            raise ValueError(f"must have 1 to {WIDEST} digits, and no more decimals than digits")
        return SqlType(Family.NUMBER if scale else Family.INTEGER, precision, scale)
    return SqlType(family)


@dataclass(frozen=True)
class Existing:
    """A column as the information schema shows it: `data_type` is TEXT, NUMBER, FLOAT, TIMESTAMP_TZ, VARIANT…

    `name` is spelled as in the table. `nullable` is false for the columns by which an approved table is merged.
    """

    data_type: str
    scale: int | None = None
    name: str = ""
    nullable: bool = True

    @property
    def family(self) -> Family | None:
        """None for types no contract asks for."""
        if self.data_type in ("NUMBER", "DECIMAL", "NUMERIC"):
            return Family.NUMBER if self.scale else Family.INTEGER
        return NAMES.get(self.data_type)
