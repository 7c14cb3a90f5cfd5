"""What tests of the platform's code share."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from assay.zones import Zone


@pytest.fixture(scope="session")
def zones(root: Path) -> list[Zone]:
    """The repository's own zones, as their files describe them."""
    files = sorted((root / "dags" / "zones").glob("*/zone.yml"))
    return [Zone.model_validate(yaml.safe_load(file.read_text())) for file in files]
