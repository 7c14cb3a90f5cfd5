"""What environments differ in, as the documentation shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.differences import differences

STACK = """\
module "assay" {{
  environment = "{name}"
  network = {{
    cidr = "{cidr}"
  }}
  database = {{ size = "{size}", days = 3, kinds = ["a", "b"] }}
}}
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name, cidr, size in (("dev", "10.1.0.0/16", "small"), ("prod", "10.2.0.0/16", "large")):
        stack = tmp_path / "terraform/environments" / name / "main.tf"
        stack.parent.mkdir(parents=True)
        stack.write_text(STACK.format(name=name, cidr=cidr, size=size))
        config = tmp_path / "dags/config" / name / "k8s.yml"
        config.parent.mkdir(parents=True)
        config.write_text(f"image: registry.{name}/x\nresources: {{limit: {{cpu: {len(size)}, memory: 1Gi}}}}\n")
        values = tmp_path / "helm/airflow" / f"values-{name}.yaml"
        values.parent.mkdir(parents=True, exist_ok=True)
        values.write_text("{}\n" if name == "dev" else "scheduler: {replicas: 2}\n")
    return tmp_path


def test_each_value_that_differs_is_named_with_its_place(checkout: Path) -> None:
    assert differences(checkout) == [
        ("terraform/environments/*/main.tf", "network.cidr", "10.1.0.0/16", "10.2.0.0/16"),
        ("terraform/environments/*/main.tf", "database.size", "small", "large"),
        ("helm/airflow/values-*.yaml", "scheduler.replicas", "-", "2"),
    ]


def test_stacks_that_differ_by_more_than_values_are_refused(checkout: Path) -> None:
    stack = checkout / "terraform/environments/prod/main.tf"
    stack.write_text(stack.read_text() + "# one line more\n")
    with pytest.raises(ValueError, match="more than values"):
        differences(checkout)
