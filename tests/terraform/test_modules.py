"""Each module has an example that Terraform takes, and a README that says what its code says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.terraform.workspace import Workspace
from tools import terraform_docs
from tools.terraform_docs import EXAMPLE, MODULES, UnreadableModule

ZONE = """\
# One zone.

resource "snowflake_database" "this" {
  name = var.name
}

output "name" {
  description = "Its \\"name\\"."
  value       = snowflake_database.this.name
}
"""
VARIABLES = """\
variable "name" {
  description = "What it is called."
  type = map(object({
    size = optional(number, 1)
  }))
  validation {
    condition     = length(var.name) > 0
    error_message = "It has a name."
  }
}

variable "days" {
  description = "How many | how long."
  type        = number
  default     = 1
}
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / MODULES / "zone"
    (folder / EXAMPLE).parent.mkdir(parents=True)
    (folder / EXAMPLE).write_text('module "zone" {\n  source = "../.."\n}\n')
    (folder / "main.tf").write_text(ZONE)
    (folder / "variables.tf").write_text(VARIABLES)
    return folder


def examples(workspace: Workspace) -> Workspace:
    """A root that calls the example of every module, so that one `validate` reads them all."""
    folder = workspace.folder / "terraform" / "all_examples"
    folder.mkdir()
    calls = [
        f'module "{path.parents[2].name}" {{\n  source = "../modules/{path.parents[2].name}/examples/basic"\n}}\n'
        for path in sorted((workspace.folder / MODULES).glob(f"*/{EXAMPLE}"))
    ]
    (folder / "main.tf").write_text("\n".join(calls))
    workspace.must(folder, "init", "-input=false")
    return workspace


def test_every_module_has_an_example_and_a_readme(root: Path) -> None:
    modules = sorted((root / MODULES).iterdir())
    assert len(modules) == len(terraform_docs.pages(root)) > 10
    assert [each.name for each in modules if not (each / EXAMPLE).is_file()] == []
    assert [each.name for each in modules if not (each / "README.md").is_file()] == []


def test_every_example_is_valid_and_one_that_lacks_an_argument_is_not(changed_infrastructure: Workspace) -> None:
    workspace = examples(changed_infrastructure)
    folder = workspace.folder / "terraform" / "all_examples"
    workspace.must(folder, "validate")
    broken = workspace.module("registry") / EXAMPLE
    broken.write_text("".join(line for line in broken.open() if "keep" not in line))
    done = workspace.run(folder, "validate")
    assert done.returncode == 1
    assert 'The argument "keep" is required' in done.stderr


def test_a_readme_says_inputs_outputs_resources_and_the_example(module: Path) -> None:
    text = terraform_docs.page(module)
    assert text.startswith('# zone\n\nOne zone.\n\n## Usage\n\n```hcl\nmodule "zone" {')
    assert "| `snowflake_database.this` | resource |" in text
    assert '| name | Its "name". |' in text
    assert "| days | How many \\| how long. | `number` | `1` | no |" in text
    assert "| name | What it is called. | `map(object({ size = optional(number, 1) }))` | n/a | yes |" in text


def test_a_change_of_the_code_is_a_change_of_its_readme(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / MODULES, tmp_path / MODULES)
    before = terraform_docs.pages(tmp_path)
    assert before == terraform_docs.pages(root)
    outputs = tmp_path / MODULES / "registry" / "outputs.tf"
    outputs.write_text(outputs.read_text().replace("Where each image", "Where every image"))
    changed = {name for name, text in terraform_docs.pages(tmp_path).items() if text != before[name]}
    assert changed == {f"{MODULES}/registry/README.md"}


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("main.tf", 'resource "a" "b" {}\n', "begins without a comment"),
        ("variables.tf", 'variable "a" { type = string }\n', "no block begins like this"),
        ("variables.tf", 'variable "a" {\ntype = string\n}\n', "is not indented"),
        ("variables.tf", 'variable "a" {\n', "has no end"),
        ("variables.tf", 'variable "a" {\n  description = <<EOT\n  type = x\nEOT\n}\n', "is not indented"),
        ("variables.tf", 'variable "a" {\n  description = <<-EOT\n  type = x\n  EOT\n}\n', "is a heredoc"),
        (
            "variables.tf",
            'variable "a" {\n  description = local.a\n  type        = string\n}\n',
            "is no text in quotes",
        ),
    ],
)
def test_what_it_cannot_read_is_refused(module: Path, file: str, text: str, sentence: str) -> None:
    (module / file).write_text(text)
    with pytest.raises(UnreadableModule, match=sentence):
        terraform_docs.page(module)
