"""DAG files that cannot be read: posted once to the zone's channel, and again when they can be.

Airflow shows them as import errors and goes on with the DAG that it read last; no chat channel hears of that.
This reads each DAG file itself, and only when a file below the folder has changed since the last look.
"""

import hashlib
import importlib.util
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from assay.alerts.message import Message, broken, readable
from assay.alerts.outbox import Store

STATE = "dag_files"
log = logging.getLogger(__name__)


def look(
    folder: Path, environment: str, store: Store, post: Callable[[str, Message], object], page: str
) -> dict[str, str]:
    """Post what has changed since the last look; `post` takes the DAG file's name without its ending. Returns what is
    wrong, by that name. One mistake that breaks several files is one message, for the name `platform`."""
    seen = json.loads(store.get(STATE) or "{}")
    digest = digest_of(folder)
    before: dict[str, str] = seen.get("problems", {})
    if seen.get("digest") == digest:
        return before
    found = problems(folder)
    for name, message in news(before, found, environment, page):
        post(name, message)
    store.set(STATE, json.dumps({"digest": digest, "problems": found}))
    return found


def news(before: Mapping[str, str], found: Mapping[str, str], environment: str, page: str) -> list[tuple[str, Message]]:
    """A message for each problem that is new or another, and for each name whose problem is over, with the name whose
    channel it is for. Several mistakes may each break several files."""
    changed = {name: text for name, text in found.items() if before.get(name) != text}
    messages = []
    for text in dict.fromkeys(changed.values()):
        names = sorted(name for name, each in changed.items() if each == text)
        receiver = "platform" if len(names) > 1 else names[0]
        messages.append((receiver, broken(", ".join(names), environment, text, page)))
    return messages + [(name, readable(name, environment)) for name in sorted(before.keys() - found.keys())]


def problems(folder: Path) -> dict[str, str]:
    """What is wrong with each DAG file that cannot be read."""
    found = {}
    for file in sorted(folder.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"assay_look_{file.stem}", file)
        if spec is None or spec.loader is None:
            continue
        try:
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
        except (Exception, SystemExit) as error:
            log.warning("%s cannot be read: %s", file.name, error)
            kind = "" if type(error).__module__.startswith("assay") else f"{type(error).__name__}: "
            found[file.stem] = f"{kind}{error}"
    return found


def digest_of(folder: Path) -> str:
    """Another whenever a file is added, written or removed."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    facts = [(str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
