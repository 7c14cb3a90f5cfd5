"""YAML files that other programs read (dbt, Helm, Ansible, GitLab, conftest): the one strict reader reads them, too.

What it rejects would mean one thing to one program and another to the next, or be lost, as one of two equal keys is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from assay import strict_yaml

FOLDERS = ("ansible", "dbt", "helm", "images", "local", "terraform")
NOT_WRITTEN_HERE = frozenset({"target", "dbt_packages", "logs", "templates", ".terraform", "__pycache__"})
"""Folders of what programs make, and of Helm's templates, which are YAML only once they are rendered."""
ALLOWED: Mapping[str, Collection[str]] = {
    ".gitlab-ci.yml": ("!reference", "&"),
    "helm/airflow/values.yaml": ("&",),
}
"""What a file may have beyond the rest, because its program knows it: GitLab's `!reference`, and anchors for what is
repeated a dozen times. Merge keys (`<<`) and other tags are refused there as well."""
UNREAD = {
    "freshness": "how old data may be is said by slaProperties of its table's contract",
    "loaded_at_field": "a contract's slaProperties name the column",
    "loaded_at_query": "a contract's slaProperties name the column",
}
"""Keys of dbt that nothing reads: `dbt source freshness` is not run."""
DATA = frozenset({"meta", "rows"})
"""Keys below which names are data."""


def wrong(root: Path) -> Iterator[str]:
    """What is wrong with YAML files beside dags/ and airbyte/, with file, line and key."""
    for path in files(root):
        shown = path.relative_to(root).as_posix()
        document = strict_yaml.parse(path.read_bytes(), shown, ALLOWED.get(shown, ()))
        yield from document.problems
        if shown.startswith("dbt/"):
            for key in _unread(document.content, ()):
                yield document.about(key, f"is read by nothing here; remove it: {UNREAD[str(key[-1]).lstrip('+')]}")


def files(root: Path) -> Iterator[Path]:
    """Every YAML file that `wrong` looks at."""
    yield from sorted(path for path in root.glob(".*.y*ml") if path.suffix in (".yml", ".yaml"))
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.y*ml")):
            if path.suffix in (".yml", ".yaml") and not NOT_WRITTEN_HERE & set(path.relative_to(root).parts):
                yield path


def _unread(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(key, str) and key.lstrip("+") in UNREAD and not DATA & set(path):
            yield (*path, key)
        else:
            yield from _unread(inner, (*path, key))
