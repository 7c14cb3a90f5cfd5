"""What Terraform must refuse, refused by the schemas of the real providers: were a stand-in lax, these would pass."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.terraform.workspace import Workspace


@dataclass(frozen=True)
class Mistake:
    rule: str
    module: str
    file: str
    right: str
    wrong: str
    words: str


MISTAKES = (
    Mistake(
        "a typo in an argument",
        "zone",
        "main.tf",
        "auto_suspend  ",
        "auto_suspnd  ",
        'An argument named "auto_suspnd" is not expected here',
    ),
    Mistake(
        "a resource type that the provider has removed",
        "zone",
        "roles.tf",
        'resource "snowflake_account_role"',
        'resource "snowflake_role"',
        'does not support resource type "snowflake_role"',
    ),
    Mistake(
        "a grant resource of the first provider",
        "zone",
        "grants.tf",
        'resource "snowflake_grant_ownership" "gold"',
        'resource "snowflake_schema_grant" "gold"',
        'does not support resource type "snowflake_schema_grant"',
    ),
    Mistake(
        "a required argument left out",
        "platform",
        "main.tf",
        '  storage_provider          = "S3"\n',
        "",
        'The argument "storage_provider" is required',
    ),
    Mistake(
        "a block left out that there must be",
        "zone",
        "grants.tf",
        '  on {\n    object_type = "SCHEMA"\n    object_name = local.schema[each.key]\n  }\n',
        "",
        'At least 1 "on" blocks are required',
    ),
    Mistake(
        "text where there must be a number",
        "database",
        "main.tf",
        "var.size.backup_days",
        '"a fortnight"',
        "a number is required",
    ),
    Mistake(
        "an argument that the provider computes",
        "database",
        "main.tf",
        '  engine                          = "postgres"',
        '  engine = "postgres"\n  endpoint = "x"',
        'Can\'t configure a value for "endpoint"',
    ),
    Mistake(
        "an attribute that there is not",
        "cluster",
        "outputs.tf",
        "aws_eks_cluster.this.name",
        "aws_eks_cluster.this.nmae",
        'This object has no argument, nested block, or exported attribute named "nmae"',
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.rule)
def test_a_mistake_is_refused(changed_infrastructure: Workspace, mistake: Mistake) -> None:
    folder = changed_infrastructure.module(mistake.module)
    path = folder / mistake.file
    assert mistake.right in path.read_text(), "the file has changed: this mistake needs another place"
    path.write_text(path.read_text().replace(mistake.right, mistake.wrong))
    done = changed_infrastructure.run(folder, "validate")
    assert done.returncode == 1
    assert mistake.words in " ".join(done.stderr.replace("│", " ").split())
