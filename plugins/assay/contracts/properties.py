"""Reads one column of a contract: its type, how its values are written, and the rules on it."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from assay.contracts import values
from assay.contracts.contract import Column, Kind, Rule
from assay.contracts.ordering import PROPERTY as ORDERED_BY
from assay.contracts.quality import OPTIONS, not_one_of, quality_rules
from assay.contracts.spelling import Spelling, spelling
from assay.contracts.sql_types import LOGICAL, Family, SqlType, parse_type

if TYPE_CHECKING:
    from open_data_contract_standard.model import SchemaProperty

NAME = re.compile(r"[a-z][a-z0-9_]*")
# Words that Snowflake does not take as a column's name without quotes, and few would want with them.
RESERVED = frozenset((
    "account", "all", "alter", "and", "any", "as", "between", "by", "case", "cast", "check", "column",
    "connect", "constraint", "create", "cross", "current", "database", "delete", "distinct", "drop", "else",
    "exists", "false", "following", "for", "from", "full", "grant", "group", "gscluster", "having", "ilike",
    "in", "increment", "inner", "insert", "intersect", "into", "is", "issue", "join", "lateral", "left", "like",
    "localtime", "localtimestamp", "minus", "natural", "not", "null", "of", "on", "or", "order", "organization",
    "qualify", "regexp", "revoke", "right", "rlike", "row", "rows", "sample", "schema", "select", "set", "some",
    "start", "table", "tablesample", "then", "to", "trigger", "true", "try_cast", "union", "unique", "update",
    "using", "values", "view", "when", "whenever", "where", "with",
))  # fmt: skip
PROVENANCE = re.compile(r"_(file|row|ordered_by|airbyte_.*)", re.IGNORECASE)
"""Columns of a landed table that say where a row came from."""
OURS = re.compile(rf"{PROVENANCE.pattern}|_(load_id|approved_at|reasons|quarantined_at|row_number)", re.IGNORECASE)
"""Names that the platform gives to columns of its own."""
LONGEST_NAME = 255
FOR_TEXT = frozenset({"minLength", "maxLength", "pattern"})
FORMATTED = (Family.DATE, Family.TIMESTAMP, Family.INSTANT)
CUSTOM: dict[str, tuple[Family, ...]] = {
    "optional": tuple(Family),
    "decimalSeparator": (Family.INTEGER, Family.NUMBER, Family.FLOAT),
    "thousandsSeparator": (Family.INTEGER, Family.NUMBER, Family.FLOAT),
    "trueValue": (Family.BOOLEAN,),
    "falseValue": (Family.BOOLEAN,),
}
"""The custom properties that mean something here, and of which columns."""


class PropertyReader:
    """Reads one column; appends what is wrong to `lines`."""

    def __init__(self, item: "SchemaProperty", key: str, lines: list[str]) -> None:
        self._item = item
        self._key = key
        self._lines = lines

    def _wrong(self, text: str) -> None:
        self._lines.append(f"{self._key}{text}")

    def _name(self) -> str | None:
        name = self._item.name or ""
        if not NAME.fullmatch(name):
            self._wrong(f'.name "{name}" must be lower case letters, digits and _, and begin with a letter; '
                        f"physicalName says what it is called where it comes from")  # fmt: skip
        elif name in RESERVED:
            self._wrong(f'.name "{name}" is a word of SQL; name it otherwise, with `physicalName: {name}`')
        elif len(name) > LONGEST_NAME:
            self._wrong(f".name has {len(name)} characters; Snowflake takes {LONGEST_NAME}")
        else:
            return name
        return None

    def _physical(self, name: str) -> str | None:
        written = self._item.physicalName
        if written is None or written.lower() == name:
            return None
        if written != written.strip() or not written.isprintable() or not written:
            self._wrong(
                f".physicalName {written!r} must be as in the header, without blanks around it or control characters"
            )
        elif len(written) > LONGEST_NAME:
            self._wrong(f".physicalName has {len(written)} characters; Snowflake takes {LONGEST_NAME}")
        elif OURS.fullmatch(written):
            self._wrong(f'.physicalName "{written}" is a name that landed tables have already')
        return written

    def column(self) -> Column | None:
        item = self._item
        name = self._name()
        if name is None:
            return None
        if item.properties or item.items or item.map:
            self._wrong(": nested properties are not checked; land them as columns of their own")
        if not item.description:
            self._wrong(f'.description of "{name}" is missing; say what it holds')
        type_ = self._type(name)
        if type_ is None:
            return None
        custom = self._custom(type_)
        key, optional = bool(item.primaryKey), custom.pop("optional", False)
        if optional and (key or item.required):
            self._wrong(f': "{name}" is optional, and so cannot be {"primaryKey" if key else "required"}')
        return Column(
            name,
            type_,
            item.description or "",
            key,
            self._physical(name),
            bool(optional),
            self._spelling(type_, custom),
        )

    def _type(self, name: str) -> SqlType | None:
        written, logical = self._item.physicalType, self._item.logicalType
        if not written:
            self._wrong(f'.physicalType of "{name}" is missing; give its type in Snowflake, such as NUMBER(38,0)')
            return None
        try:
            type_ = parse_type(written)
        except ValueError as error:
            self._wrong(f'.physicalType "{written}" {error}')
            return None
        if logical and logical != LOGICAL[type_.family]:
            self._wrong(f'.logicalType "{logical}" contradicts {written}, which is "{LOGICAL[type_.family]}"')
        return type_

    def _custom(self, type_: SqlType) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for index, item in enumerate(self._item.customProperties or []):
            key, name = f".customProperties[{index}]", item.property or ""
            if name not in CUSTOM:
                if name == ORDERED_BY:
                    self._wrong(f'{key}.property "{name}" belongs to the table, not to a column')
                elif close := get_close_matches(name, CUSTOM, n=1, cutoff=0.8):
                    self._wrong(f'{key}.property "{name}" means nothing here (did you mean "{close[0]}"?)')
            elif type_.family not in CUSTOM[name]:
                self._wrong(f'{key}.property "{name}" does not fit a column that is {type_.written}')
            elif name in found:
                self._wrong(f'{key}.property "{name}" is there twice')
            elif not isinstance(item.value, bool if name == "optional" else str):
                wanted = "true or false" if name == "optional" else "a text in quotes"
                self._wrong(f"{key}.value {item.value!r} must be {wanted}")
            else:
                found[name] = item.value
        return found

    def _spelling(self, type_: SqlType, custom: dict[str, str]) -> Spelling | None:
        options = self._item.logicalTypeOptions or {}
        if type_.family in FORMATTED and "format" in options:
            custom["format"] = str(options["format"])
        try:
            return spelling(type_, custom)
        except ValueError as error:
            self._wrong(str(error))
            return None

    def rules(self, column: Column) -> Iterator[Rule]:
        item, name = self._item, column.name
        if item.required or column.key:
            yield Rule(f"{name}.required", Kind.REQUIRED, f"{name} is missing", column=name)
        yield Rule(f"{name}.type", Kind.TYPE, f"{name} is not {column.spoken}", column=name)
        if item.unique:
            yield Rule(f"{name}.unique", Kind.UNIQUE, f"{name} occurs more than once", column=name, columns=(name,))
        for option, value in (item.logicalTypeOptions or {}).items():
            if option != "format" or column.type.family not in FORMATTED:
                yield from self._option(column, option, value)
        if item.enum:
            yield from self._enum(column, [entry.value for entry in item.enum])
        for index, quality in enumerate(item.quality or []):
            yield from quality_rules(quality, f"{self._key}.quality[{index}]", column, self._lines)

    def _enum(self, column: Column, written: list[Any]) -> Iterator[Rule]:
        accepted: list[Any] = []
        for index, value in enumerate(written):
            try:
                if value in accepted:
                    raise ValueError(f" is {value}, which is there twice; keep one")
                accepted.append(values.listed(value, column.type))
            except ValueError as error:
                self._wrong(f".enum[{index}].value{error}")
        yield Rule(f"{column.name}.accepted", Kind.ACCEPTED, not_one_of(column.name, accepted), column=column.name,
                   arguments={"values": accepted})  # fmt: skip

    def _option(self, column: Column, option: str, value: Any) -> Iterator[Rule]:
        key = f".logicalTypeOptions.{option}"
        if option not in OPTIONS:
            close = get_close_matches(option, OPTIONS, n=1)
            hint = f' (did you mean "{close[0]}"?)' if close else ""
            self._wrong(f"{key} is not checked by this platform{hint}; it knows {', '.join(OPTIONS)}, and format "
                        f"of dates and times")  # fmt: skip
            return
        if (option in FOR_TEXT) != (column.type.family is Family.TEXT):
            self._wrong(f'{key} does not fit "{column.name}", which is {LOGICAL[column.type.family]}')
            return
        kind, says, read = OPTIONS[option]
        try:
            argument = read(value, column.type)
        except ValueError as error:
            self._wrong(f"{key}{error}")
            return
        yield Rule(f"{column.name}.{kind}", kind, f"{column.name} {says.format(value)}", column=column.name,
                   arguments={"value": argument})  # fmt: skip
