"""What a zone file need not say is said once, in its models: wherever else it stands, it is the same."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

from assay.ingestion.files.source import FilesSource
from assay.ingestion.formats import format_of
from assay.ingestion.landing import Folder
from assay.zones import Keep, Zone

TRIED = re.compile(r"try\((?:zone|other)\.(\w+), ([^)]+)\)")
KEPT = re.compile(r"^\|.*\| `(\w+)` \| (\d+) days \|$", re.MULTILINE)


def test_terraform_takes_for_a_missing_key_what_the_model_does(root: Path) -> None:
    files = (root / "terraform" / "modules" / "assay").glob("*.tf")
    found = {pair for path in files for pair in TRIED.findall(path.read_text())}
    assert {key for key, _ in found} == {"publishes", "reads"}
    assert found == {(key, str(Zone.model_fields[key].default)) for key, _ in found}


def test_the_page_on_housekeeping_names_the_models_defaults(root: Path) -> None:
    said = {(key, timedelta(days=int(days))) for key, days in KEPT.findall((root / "docs/housekeeping.md").read_text())}
    assert said == {(key, getattr(Keep(), key)) for key in Keep.model_fields}


def test_a_folder_is_read_as_a_source_of_files_is(root: Path) -> None:
    defaults = {field.name: field.default for field in fields(Folder)}
    defaults["pattern"] = defaults["pattern"] or format_of(defaults["format"]).pattern
    assert {key: defaults[key] for key in ("pattern", "date_pattern", "format")} == {
        key: FilesSource.model_fields[key].default for key in ("pattern", "date_pattern", "format")
    }
