"""Statements for a platform's warehouse, one after the other: a process that has its trust and asks until nobody asks.

Each line of standard input is an order in JSON, each line of standard output its answer. A program's own trust in a
certificate is fixed when it first connects, so tests that look into several platforms cannot ask by themselves; and
`./assay sql`, which they would start for each statement, takes a second.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from local.emulators.common.files import StateError
from local.platform import query
from local.state.endpoints import Endpoints
from tools.runtime.layout import Layout


def main(root: Path) -> None:
    endpoints = Endpoints(Layout(root=root, state=root / ".assay"))
    for line in sys.stdin:
        order = json.loads(line)
        try:
            columns, rows = query.run(endpoints, order["statement"], role=order["role"])
            answer = {"rows": [dict(zip(columns, row, strict=True)) for row in rows]}
        except StateError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
