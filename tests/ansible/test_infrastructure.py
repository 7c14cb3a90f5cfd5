"""Terraform by its play, with the stand-in providers: planned, judged, applied, not a second time, and destroyed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ansible.conftest import Account, Played
from tests.terraform.conftest import providers

__all__ = ["providers"]

STACK = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

resource "aws_sqs_queue" "this" {
  name              = "assay-landed"
  kms_master_key_id = "alias/assay"
}
"""


@dataclass(frozen=True)
class Stack:
    """A small environment of Terraform's, whose state is a file."""

    account: Account
    folder: Path
    providers: str

    @property
    def state(self) -> str:
        path = self.folder / "terraform.tfstate"
        return path.read_text() if path.exists() else ""

    def play(self, name: str, *options: str) -> Played:
        """The step alone. Policies are judged by what stands for conftest where there is none."""
        python = self.account.root / ".assay" / "envs" / "delivery" / "bin" / "python"
        variables = {
            "infrastructure_folder": str(self.folder),
            "infrastructure_policy_check": [str(python), str(self.account.root / "terraform" / "policy" / "check.py")],
            "confirm": "assay-dev",
        }
        words = ("--tags", "infrastructure", "--extra-vars", json.dumps(variables))
        more = {"TF_REATTACH_PROVIDERS": self.providers, "CHECKPOINT_DISABLE": "1"}
        return self.account.play(name, *words, *options, environment="dev", **more)


@pytest.fixture
def stack(account: Account, tmp_path: Path, providers: str) -> Stack:
    (tmp_path / "main.tf").write_text(STACK)
    return Stack(account, tmp_path, providers)


def test_a_plan_is_applied_once_and_only_when_the_policies_agree(stack: Stack) -> None:
    planned = stack.play("platform", "--check")
    assert planned.status == 0, planned.text
    assert planned.counts["changed"] > 0
    assert stack.state == ""

    assert stack.play("platform").counts["changed"] > 0
    before = stack.state
    assert "assay-landed" in before
    again = stack.play("platform")
    assert (again.status, again.counts["changed"]) == (0, 0), again.text

    (stack.folder / "main.tf").write_text(STACK.replace('kms_master_key_id = "alias/assay"', ""))
    refused = stack.play("platform")
    assert refused.status == 2
    assert "ENCRYPT-2" in refused.text
    assert stack.state == before
    assert not list(stack.folder.glob("ansible.tfplan*")), "a plan is not left lying about"

    assert stack.play("teardown").status == 0
    assert json.loads(stack.state)["resources"] == []
