"""The manifest that a deploy is made with: is it of this commit's models?"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from assay.deploy.content import PROJECT
from assay.errors import ConfigurationError

MODELS = f"{PROJECT}models/"
HOOK = "operation"
AGAIN = "make it again from this commit"


def read(path: Path) -> dict[str, Any]:
    """dbt's manifest. Raises ConfigurationError when there is none, or it is no JSON."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: there is no manifest; `assay dbt manifest` makes one of what `dbt parse` wrote, or name another "
            f"with --manifest"
        ) from None
    except ValueError as error:
        raise ConfigurationError(f"{path}: is no JSON ({error}); {AGAIN}") from error
    return content


def check_is_of(manifest: Mapping[str, Any], sources: Mapping[str, bytes], shown: Path) -> None:
    """Raises ConfigurationError when the manifest is another commit's: of models that are not there, or that differ.

    `sources` are the dbt project's files by their paths from the repository's root.
    """
    known = set()
    disabled = [node for nodes in manifest.get("disabled", {}).values() for node in nodes]
    for node in [*manifest["nodes"].values(), *disabled]:
        if node.get("resource_type") == HOOK:  # of dbt_project.yml, which dbt names in its own way
            continue
        path = f"{PROJECT}{node['original_file_path']}"
        known.add(path)
        if path not in sources:
            raise ConfigurationError(f"{shown}: knows {path}, which is not in this commit; {AGAIN}")
        checksum = node.get("checksum") or {}
        if checksum.get("name") == "sha256" and checksum["checksum"] != _checksum(node, sources[path]):
            raise ConfigurationError(f"{shown}: was made from another {path}; {AGAIN}")
    missing = sorted(
        path for path in sources if path.startswith(MODELS) and path.endswith(".sql") and path not in known
    )
    if missing:
        raise ConfigurationError(f"{shown}: does not know {missing[0]}; {AGAIN}")


def _checksum(node: Mapping[str, Any], content: bytes) -> str:
    """Return what dbt notes of a file (dbt/parser/read_files.py, 1.12): a seed's text without the space around it, of
    any other the words with one space between them."""
    text = content.decode(errors="replace")
    words = text.strip() if node.get("resource_type") == "seed" else " ".join(text.split())
    return sha256(words.encode()).hexdigest()
