"""Reads a contract in the Open Data Contract Standard (v3), and says in sentences what is wrong with it.

The standard's own package parses the file, and its JSON schema checks it. What the package would drop silently (a
misspelt key) and what this platform would not check (a rule it does not know) are refused, too: a contract never
promises more than is enforced.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from assay import strict_yaml
from assay.contracts.contract import Contract
from assay.contracts.standard import violations
from assay.contracts.translation import Problem, translate
from assay.declared import sentences
from assay.errors import ConfigurationError

if TYPE_CHECKING:
    from open_data_contract_standard.model import OpenDataContractStandard

TASK = "_AIRFLOW_PARSING_CONTEXT_TASK_ID"
"""Set by Airflow while a DAG file is read for one task of it."""


def load_contract(folder: Path, table: str) -> Contract:
    """The contract of a zone's table: `<zone's folder>/contracts/<table>.odcs.yaml`.

    Raises ConfigurationError with one line for each thing that is wrong.
    """
    path = folder / "contracts" / f"{table}.odcs.yaml"
    shown = f"zones/{folder.name}/contracts/{path.name}"
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(f"{shown}: there is no such file; every landed table has a contract") from None
    return read_contract(text, table, shown)


def read_contract(text: str | bytes, table: str, shown: str) -> Contract:
    """The contract written in `text`; `shown` is what errors call the file."""
    document = strict_yaml.parse(text, shown)
    document.check()
    document.check_no_nulls()
    if not isinstance(document.content, dict):
        raise ConfigurationError(f"{shown}:1: must be a mapping that starts with `apiVersion: v3.2.0`")
    try:
        contract = translate(_parse(document), table)
        if TASK not in os.environ and (rejected := list(violations(document.content))):
            raise Problem(rejected)
        return contract
    except Problem as problem:
        raise ConfigurationError("\n".join(document.located(line) for line in problem.lines)) from None


def _parse(document: strict_yaml.Document) -> "OpenDataContractStandard":
    from open_data_contract_standard.model import OpenDataContractStandard

    try:
        parsed = OpenDataContractStandard.model_validate_json(json.dumps(document.content), strict=True)
    except ValidationError as error:
        raise ConfigurationError("\n".join(sentences(error.errors(), document))) from error
    kept = parsed.model_dump(by_alias=True, exclude_unset=True)
    if unknown := list(_dropped(document.content, kept, "")):
        raise Problem(unknown)
    return parsed


def _dropped(written: Any, kept: Any, key: str) -> Iterator[str]:
    """A sentence for every key that is in the file and did not survive the standard's own model."""
    if isinstance(written, dict) and isinstance(kept, dict):
        for name, value in written.items():
            path = f"{key}.{name}" if key else str(name)
            if name in kept:
                yield from _dropped(value, kept[name], path)
            else:
                yield f"{path} is not a key of the standard; remove it or correct its spelling"
    elif isinstance(written, list) and isinstance(kept, list):
        for index, (one, other) in enumerate(zip(written, kept, strict=True)):
            yield from _dropped(one, other, f"{key}[{index}]")
