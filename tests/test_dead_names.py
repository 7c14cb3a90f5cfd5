"""A declaration has a reader: code reads every key of a configuration model, and uses every name."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

import assay
from assay.extensions import SEAMS

READERS = ("plugins", "local", "tools", "helm", "images", "dags")
"""Where code runs. A test is no reader."""
FOR_PEOPLE = {
    "secrets.declaration.Declaration.holds": "says what the secret is for",
    "permissions.roles_file.RolesFile.version": "the format's own",
    "permissions.roles_file.Described.meta": "a remark for readers, in Permifrost's format",
    "permissions.roles_file.WarehouseEntry.size": "Permifrost's; Terraform sets it",
    "permissions.roles_file.IntegrationEntry.category": "Permifrost's",
    "permissions.roles_file.Owns.databases": "refused where it says anything",
    "permissions.roles_file.Owns.schemas": "refused where it says anything",
    "permissions.roles_file.Owns.tables": "refused where it says anything",
    "settings_files.ExecutionEnvFile.type": "dbt-airflow-factory's, which reads the same file",
    "settings_files.IngestionFile.enable": "dbt-airflow-factory's, which reads the same file",
    "settings.Settings.ingestion": "dbt-airflow-factory's, which reads the same file",
    "zones.reader._OfRelease.reads": "read as zones.readers.ZoneReads.reads",
    "zones.reader._OfRelease.publishes": "read as zones.readers.Publishing.publishes",
}
"""Keys that no code has to read, and why."""
CALLED_BY_OTHERS = re.compile(
    r"""execute|on_kill|poke|__\w+__|model_config|template_fields|ui_color|render_template_fields|pre_execute
    |resolve|descend_resolver|ascend_resolver|find_pod|_get_pod_from_task_state_store|policy|task_policy|test_connection|get_conn|create_tasks
    |serialize|log_message|_create_dbt_task_group
    """,
    re.VERBOSE,
)
"""Names by which Airflow, dbt-airflow-factory, PyYAML, pydantic and http.server call what is ours."""


def models() -> Iterator[type[BaseModel]]:
    """Every pydantic model of the platform's code."""
    for module in pkgutil.walk_packages(assay.__path__, "assay."):
        if not module.name.endswith("__main__"):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.name:
                    yield value


@pytest.fixture(scope="module")
def read(root: Path, env_python: Callable[[str], Path]) -> set[tuple[str, str]]:
    done = subprocess.run(
        [env_python("lint"), "-m", "tests.attributes", "plugins/assay", "local", "tools"],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {(owner, name) for owner, name in json.loads(done.stdout)}


def unread(read: set[tuple[str, str]]) -> list[str]:
    """`module.Model.key` of each key that no code reads. A key that a base has, too, is the base's."""
    found = []
    for model in models():
        names = {name for owner, name in read if owner == f"{model.__module__}.{model.__qualname__}"}
        inherited = {key for base in model.__bases__ for key in getattr(base, "model_fields", {})}
        if "*" not in names:
            found += [
                f"{model.__module__}.{model.__qualname__}.{key}"
                for key in model.model_fields
                if key not in names | inherited
            ]
    return sorted(key.removeprefix("assay.") for key in found)


def test_every_key_of_a_configuration_is_read_by_code(read: set[tuple[str, str]]) -> None:
    assert [key for key in unread(read) if key not in FOR_PEOPLE] == []


def test_a_key_that_no_code_reads_is_named(read: set[tuple[str, str]]) -> None:
    assert "zones.zone.Zone.channel" in unread(read - {("assay.zones.zone.Zone", "channel")})


def test_the_exceptions_are_keys_that_there_are() -> None:
    known = {f"{model.__module__}.{model.__qualname__}.{key}" for model in models() for key in model.model_fields}
    assert [key for key in FOR_PEOPLE if f"assay.{key}" not in known] == []


def found_by_folder(path: Path, root: Path) -> bool:
    """Whether `assay.extensions` finds the class in this file: the model of a kind."""
    folders = {(root / "plugins/assay" / seam.replace(".", "/"), f"{files[0]}.py") for seam, files in SEAMS.items()}
    return (path.parent.parent, path.name) in folders


def defined(tree: ast.Module) -> Iterator[str]:
    """Names of functions, methods, classes and constants."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not any(
            _is_hook(each) for each in node.decorator_list
        ):
            yield node.name
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _is_hook(decorator: ast.expr) -> bool:
    """Decorators that hand what they decorate to somebody who calls it: commands, validators, fixtures."""
    return bool(re.search(r"command|callback|validator|serializer|listener|hookimpl", ast.unparse(decorator)))


def used(tree: ast.Module) -> Iterator[str]:
    """Names that are read, imported, asked for as attributes, or written in a text that names them alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


def dead(root: Path, more: str = "") -> list[str]:
    """Names of the platform's code that nothing uses: no code, no template of SQL."""
    trees = {path: ast.parse(path.read_text()) for folder in READERS for path in (root / folder).rglob("*.py")}
    words = {word for path in (root / "plugins/assay").rglob("*.sql") for word in re.findall(r"\w+", path.read_text())}
    known = {name for tree in [*trees.values(), ast.parse(more)] for name in used(tree)} | words
    return sorted(
        f"{path.relative_to(root)}: {name}"
        for path, tree in trees.items()
        if path.is_relative_to(root / "plugins/assay")
        for name in set(defined(tree))
        if name not in known and not CALLED_BY_OTHERS.fullmatch(name)
        if not (found_by_folder(path, root) and name in {node.name for node in tree.body if hasattr(node, "name")})
    )


def test_every_name_of_the_platforms_code_is_used(root: Path) -> None:
    assert dead(root) == []


def test_a_name_that_nothing_uses_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "plugins" / "assay"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text(
        "LIMIT = 5\n\n\ndef unused() -> int:\n    return 1\n\n\ndef used() -> int:\n    return LIMIT\n"
    )
    (folder / "b.py").write_text("from assay.a import used\n\nprint(used())\n")
    assert dead(tmp_path) == ["plugins/assay/a.py: unused"]
