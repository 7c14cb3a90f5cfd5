"""Asks datacontract-cli, in its own environment: a JSON list of questions on stdin, a JSON list of answers on stdout.

A question is `["lint", path]` or `["test", path]`; the answer is a list of checks, each with what it counted.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

from datacontract.data_contract import DataContract  # type: ignore[import-not-found]


def ask(question: str, path: str) -> list[dict[str, Any]]:
    contract = DataContract(data_contract_file=path)
    run = contract.lint() if question == "lint" else contract.test()
    return [
        {
            "result": str(getattr(check.result, "value", check.result)),
            **{name: getattr(check, name) for name in ("type", "field", "name", "reason", "diagnostics")},
        }
        for check in run.checks
    ]


logging.disable()
json.dump([ask(*question) for question in json.load(sys.stdin)], sys.stdout, default=str)
