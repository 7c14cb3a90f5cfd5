"""The manifest that a deploy carries: of this commit's models, and the same bytes for the same models."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from assay.delivery.content import PROJECT
from assay.errors import ConfigurationError

MODELS = f"{PROJECT}models/"
KEPT = ("adapter_type", "dbt_schema_version", "dbt_version", "project_name")
AGAIN = "make it again from this commit"


def read(path: Path) -> dict[str, Any]:
    """dbt's manifest. Raises ConfigurationError when there is none, or it is no JSON."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: there is no manifest; `./assay up` and `dbt parse` make one, or name another with --manifest"
        ) from None
    except ValueError as error:
        raise ConfigurationError(f"{path}: is no JSON ({error}); {AGAIN}") from error
    return content


def stable(manifest: Mapping[str, Any]) -> bytes:
    """The manifest without when and by whom it was made, so that the same project gives the same bytes."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key in KEPT}
    groups = {name: sorted(members) for name, members in manifest.get("group_map", {}).items()}
    whole = _without_times({**manifest, "metadata": metadata, "group_map": groups})
    return json.dumps(whole, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def check_is_of(manifest: Mapping[str, Any], sources: Mapping[str, bytes], shown: Path) -> None:
    """Raises ConfigurationError when the manifest is another commit's: of models that are not there, or that differ.

    A slim manifest says less, and less is compared: it knows no checksums and no disabled models.
    `sources` are the dbt project's files by their paths from the repository's root. dbt notes the checksum of each
    model's text without the space around it (dbt/parser/read_files.py).
    """
    known = set()
    disabled = [node for nodes in manifest.get("disabled", {}).values() for node in nodes]
    for node in [*manifest["nodes"].values(), *disabled]:
        path = f"{PROJECT}{node['original_file_path']}"
        known.add(path)
        if path not in sources:
            raise ConfigurationError(f"{shown}: knows {path}, which is not in this commit; {AGAIN}")
        checksum = node.get("checksum") or {}
        if checksum.get("name") == "sha256" and checksum["checksum"] != sha256(sources[path].strip()).hexdigest():
            raise ConfigurationError(f"{shown}: was made from another {path}; {AGAIN}")
    missing = sorted(
        path for path in sources if path.startswith(MODELS) and path.endswith(".sql") and path not in known
    )
    if missing:
        raise ConfigurationError(
            f"{shown}: does not know {missing[0]}; {AGAIN}, or, if that model is disabled, name dbt's own manifest "
            f"with --manifest"
        )


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_times(below) for key, below in value.items() if key != "created_at"}
    return [_without_times(each) for each in value] if isinstance(value, list) else value
