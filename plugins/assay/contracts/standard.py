"""Validates a document by the standard's own JSON schema, which comes with the standard's package.

It costs 20 ms of processor time for each contract, and so is left out where a DAG file is read for one of its tasks,
which Airflow starts only after it has read the file as a whole.
"""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from assay.contracts.sql_types import LOGICAL, Family, parse_type

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

VERSION = "v3.2.0"
UNEXPECTED = ("unevaluatedProperties", "additionalProperties")


def violations(content: dict[str, Any]) -> Iterator[str]:
    """A line that begins with the key for each thing that the standard's schema rejects."""
    found = list(_deepest(_validator().iter_errors(_with_logical_types(content))))
    # A key is unexpected, too, where only what stands beside it is wrong: then that is what to say.
    causes = {_key(error) for error in found if error.validator not in UNEXPECTED}
    for error in found:
        key = _key(error)
        if error.validator not in UNEXPECTED or not any(cause.startswith(key) for cause in causes):
            yield f"{key or 'the contract'}: {_sentence(error)}"


def _with_logical_types(content: dict[str, Any]) -> dict[str, Any]:
    """The document, with a logical type where a column has none: the schema, as published with 3.2.0, takes such a
    column for a map. The standard's tools use a corrected one."""
    schema = content.get("schema")
    if not isinstance(schema, list) or not all(isinstance(table, dict) for table in schema):
        return content
    return {**content, "schema": [_typed(table) for table in schema]}


def _typed(table: dict[str, Any]) -> dict[str, Any]:
    columns = table.get("properties")
    if not isinstance(columns, list):
        return table
    typed = [
        {"logicalType": _logical_type(column), **column} if isinstance(column, dict) else column for column in columns
    ]
    return {**table, "properties": typed}


def _logical_type(column: dict[str, Any]) -> str:
    try:
        return LOGICAL[parse_type(str(column.get("physicalType"))).family]
    except ValueError:
        return LOGICAL[Family.TEXT]


@lru_cache(maxsize=1)
def _validator() -> Any:
    from jsonschema.validators import validator_for

    schema = json.loads((files("open_data_contract_standard") / "schema.json").read_text())
    return validator_for(schema)(schema)


def _deepest(errors: Iterable["ValidationError"]) -> Iterator["ValidationError"]:
    """Of alternatives none of which fits, the one that fits best; the rest would only confuse."""
    from jsonschema.exceptions import relevance

    for error in errors:
        if error.context:
            yield from _deepest([min(error.context, key=lambda inner: (-len(inner.absolute_path), relevance(inner)))])
        else:
            yield error


def _key(error: "ValidationError") -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".")


def _sentence(error: "ValidationError") -> str:
    """The schema's words, in one line; a whole mapping is not repeated."""
    message = " ".join(error.message.split())
    if error.validator in UNEXPECTED:
        message = f"{message[message.find('(') + 1 : message.rfind(')')]}: not a key of the standard here"
    return f"{message if len(message) < 200 else message[:200] + '…'} (Open Data Contract Standard {VERSION})"
