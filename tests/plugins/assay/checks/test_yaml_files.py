"""One strict reader reads every YAML file of the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from assay.checks import yaml_files

READ_ELSEWHERE = re.compile(r"dags/|airbyte/|plugins/assay/secrets/|tests/|helm/[a-z]+/templates/")
"""By the readers of zones, settings, roles, secrets and Airbyte; what tests write; what is YAML once it is rendered."""


def test_every_file_of_the_repository_is_read_and_right(root: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.yml", "*.yaml"], cwd=root, capture_output=True, text=True, check=True
    )
    there = {file for file in listed.stdout.split() if not READ_ELSEWHERE.match(file)}
    assert there - {path.relative_to(root).as_posix() for path in yaml_files.files(root)} == set()
    assert list(yaml_files.wrong(root)) == []


def test_nothing_reads_yaml_in_another_way(root: Path) -> None:
    readers = [
        path.relative_to(root).as_posix()
        for folder in ("plugins", "local", "images", "dags")
        for path in (root / folder).rglob("*.py")
        if re.search(r"\byaml\.(\w*load|\w*Loader)\b", path.read_text())
    ]
    own = "local/emulators/terraform/newer.py"  # an emulator's own file: emulators import nothing of the platform
    assert readers == ["plugins/assay/yaml_text.py", own], "yaml_text looks at events only"


def test_names_of_data_are_no_keys_of_dbt(tmp_path: Path) -> None:
    text = (
        "models:\n  - name: x\n    meta: {freshness: 1}\nunit_tests:\n  - given: [{input: x, rows: [{freshness: 1}]}]\n"
    )
    (tmp_path / "dbt").mkdir()
    (tmp_path / "dbt/x.yml").write_text(text)
    assert list(yaml_files.wrong(tmp_path)) == []
    (tmp_path / "dbt/x.yml").write_text(text.replace("meta", "config"))
    (only,) = yaml_files.wrong(tmp_path)
    assert only.startswith("dbt/x.yml:3: models[0].config.freshness is read by nothing here; remove it: ")
