"""Checks plans by the policies, where there is no conftest:

    PYTHONPATH=plugins python terraform/policy/check.py plan.json ...

Prints what is refused, and what an exception accepts; the exit code is 1 when anything is refused, 2 when
exceptions.yml cannot be read. The rules are the same files, run by regorus, another implementation of Rego v1.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import regorus

from assay import strict_yaml
from assay.errors import ConfigurationError

EXCEPTIONS = "exceptions.yml"
POLICY = Path(__file__).resolve().parent
Findings = dict[str, list[dict[str, str]]]
"""`deny` and `warn`, each a list of findings: `id`, `address`, `msg`."""


class Policies:
    """Policies and exceptions, read once for any number of plans. `today` (ISO) stands in for the day it is."""

    def __init__(self, policy: Path = POLICY, today: str | None = None) -> None:
        self.engine = regorus.Engine()
        for path in sorted(policy.glob("*.rego")):
            self.engine.add_policy(path.name, path.read_text())
        self.engine.add_data(strict_yaml.mapping(policy / EXCEPTIONS, f"terraform/policy/{EXCEPTIONS}").content)
        if today:
            self.engine.add_data({"today": today})

    def findings(self, plan: Any) -> Findings:
        engine = self.engine.clone()
        engine.set_input_json(json.dumps(plan))
        return {kind: sorted(self._rule(engine, kind), key=lambda each: each["msg"]) for kind in ("deny", "warn")}

    @staticmethod
    def _rule(engine: Any, name: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(engine.eval_rule_as_json(f"data.main.{name}"))
        return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="terraform/policy/check.py", description=__doc__.splitlines()[0])
    parser.add_argument("plans", nargs="+", type=Path, help="what `terraform show -json` printed")
    parser.add_argument("--policy", type=Path, default=POLICY, help="the folder with the rules and exceptions.yml")
    parser.add_argument("--today", metavar="YYYY-MM-DD", help="the day that exceptions are checked by, if not this one")
    parser.add_argument("--json", action="store_true", help="print every finding as JSON, by plan")
    arguments = parser.parse_args()
    try:
        policies = Policies(arguments.policy, arguments.today)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    found = {str(path): policies.findings(json.loads(path.read_text())) for path in arguments.plans}
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        for path, findings in found.items():
            for kind, word in (("deny", "refused"), ("warn", "accepted")):
                for each in findings[kind]:
                    print(f"{path}: {word}: {each['msg']}")
    refused = sum(len(findings["deny"]) for findings in found.values())
    print(f"{refused} refused" if refused else "nothing is refused", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    raise SystemExit(main())
