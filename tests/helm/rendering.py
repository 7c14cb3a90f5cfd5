"""Real Helm and Kubernetes' own schemas, as a program of the environment `helm`.

Reads `{"chart": folder, "values": {…}, "kubernetes": [versions]}` from standard input, and prints `{"objects": […],
"invalid": [sentences], "unknown": [objects of kinds that Kubernetes itself does not have], "lint": [sentences]}`,
or `{"refused": sentence}` where Helm does not render it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import helm_python as helm
import kubernetes_validate
import yaml

WARNING = 2


def rendered(chart: str, values: dict[str, Any], versions: list[str]) -> dict[str, Any]:
    try:
        with helm.Chart.load(chart) as loaded:
            files = loaded.render(values, name="assay", namespace="airflow")
    except helm.HelmError as problem:
        return {"refused": str(problem)}
    objects = [each for text in files.values() for each in yaml.safe_load_all(text) if each]
    invalid, unknown = [], []
    for each in objects:
        title = f"{each['kind']} {each['metadata']['name']}"
        for version in versions:
            try:
                kubernetes_validate.validate(each, version, strict=True)
            except kubernetes_validate.ValidationError as problem:
                invalid.append(f"{title}: {'.'.join(map(str, problem.path))} {problem.message}")
            except kubernetes_validate.SchemaNotFoundError:
                unknown.append(each)
                break
    report = helm.lint(chart, values, strict=True)
    lint = [message["error"] for message in report["messages"] if message["severity"] >= WARNING]
    return {"objects": objects, "invalid": invalid, "unknown": unknown, "lint": [*lint, *report["errors"]]}


if __name__ == "__main__":
    request = json.load(sys.stdin)
    json.dump(rendered(request["chart"], request["values"], request["kubernetes"]), sys.stdout)
