"""The image `assay/loader` of the process backend: the same programs that images/loader/Dockerfile ships, in place."""

from __future__ import annotations

from pathlib import Path

from local.emulators.common import files
from tools.runtime.layout import Layout

REPOSITORY = Path("assay") / "loader"


def write(layout: Layout) -> Path:
    """Describes the image for the embedded Kubernetes, and returns the description's path."""
    description = layout.state / "images" / REPOSITORY / "image.json"
    files.write_json(description, describe(layout))
    return description


def describe(layout: Layout) -> dict[str, object]:
    source = layout.root / "images" / "loader"
    return {
        "path": [str(source / "bin"), str(layout.python("loader").parent)],
        "env": {"HOME": "{tmp}", "PYTHONUNBUFFERED": "1"},
        "workdir": "/",
        "entrypoint": None,
        "preload": {
            "python": str(layout.python("loader")),
            "modules": ["boto3", "psycopg"],
            "script": str(source / "warm.py"),
            "commands": {
                "sql-job": "assay_loader.cli:sql_job",
                "export-postgres": "assay_loader.cli:export_postgres",
            },
        },
    }
