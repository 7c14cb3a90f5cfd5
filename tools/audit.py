"""`./assay audit`: every locked package, asked of a database of published advisories (https://osv.dev).

It ends with 0 only where the database has answered for all of them and knows nothing; with 1 where it knows something;
and with 3, saying that the audit did not run, where it cannot be reached or answers something else.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ADDRESS = "https://api.osv.dev"
AT_ONCE = 1000
"""Packages that one request may ask for."""

FOUND, NOT_RUN = 1, 3
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


class NotRun(Exception):
    """Why the audit has no result, as the end of a sentence."""


@dataclass(frozen=True, order=True)
class Package:
    """A package as a lock file pins it."""

    name: str
    version: str

    @classmethod
    def of(cls, name: str, version: str) -> Package:
        return cls(re.sub(r"[-_.]+", "-", name).lower(), version)


def run(root: Path, say: Callable[[str], None]) -> int:
    """Audit the checkout's lock files. Returns the exit code."""
    packages = pins(root)
    address = os.environ.get("ASSAY_ADVISORIES") or ADDRESS
    try:
        found = advisories(sorted(packages), address)
    except NotRun as problem:
        say(f"THE AUDIT DID NOT RUN: {problem} {len(packages)} packages were not compared with any advisory.")
        return NOT_RUN
    for package, ids in found.items():
        files = ", ".join(packages[package])
        say(f"{package.name} {package.version} ({files}): {', '.join(f'https://osv.dev/{each}' for each in ids)}")
    say(
        f"{len(packages)} packages compared with {address}: "
        + (f"{len(found)} have advisories. Lock versions without them." if found else "none has an advisory.")
    )
    return FOUND if found else 0


def pins(root: Path) -> dict[Package, list[str]]:
    """Return every package that a lock file in git pins, with the names of these files."""
    command = ["git", "ls-files", "-z", "--", "*.lock"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    found: dict[Package, list[str]] = {}
    for name in filter(None, listed.split("\0")):
        pinned = {Package.of(*pair) for pair in PIN.findall((root / name).read_text())}
        for package in pinned:
            found.setdefault(package, []).append(name)
    return found


def advisories(packages: Sequence[Package], address: str) -> dict[Package, list[str]]:
    """Return the ids of the advisories of each package that has any. Raises NotRun."""
    found: dict[Package, set[str]] = {}
    pending: list[tuple[Package, str | None]] = [(package, None) for package in packages]
    if not pending:
        raise NotRun("No lock file of this checkout pins a package.")
    while pending:
        asked, pending = pending[:AT_ONCE], pending[AT_ONCE:]
        for (package, _), result in zip(asked, _answer(address, asked), strict=True):
            found.setdefault(package, set()).update(_ids(result, address))
            if token := result.get("next_page_token"):
                pending.append((package, str(token)))
    return {package: sorted(ids) for package, ids in sorted(found.items()) if ids}


def _answer(address: str, asked: Iterable[tuple[Package, str | None]]) -> list[dict[str, Any]]:
    """Ask for some packages. Returns a result for each, in their order."""
    import requests

    queries: list[dict[str, Any]] = [
        {"package": {"ecosystem": "PyPI", "name": package.name}, "version": package.version}
        | ({"page_token": token} if token else {})
        for package, token in asked
    ]
    try:
        answer = requests.post(f"{address}/v1/querybatch", json={"queries": queries}, timeout=60)
        answer.raise_for_status()
        results = answer.json()["results"]
    except (requests.RequestException, ValueError, KeyError, TypeError) as problem:
        raise NotRun(f"The database of advisories at {address} gave no answer ({type(problem).__name__}).") from problem
    if not isinstance(results, list) or len(results) != len(queries) or not all(isinstance(e, dict) for e in results):
        raise NotRun(f"The database of advisories at {address} did not answer for each package.")
    return results


def _ids(result: Mapping[str, Any], address: str) -> list[str]:
    try:
        return [str(each["id"]) for each in result.get("vulns") or []]
    except (KeyError, TypeError) as problem:
        raise NotRun(f"The database of advisories at {address} names an advisory without an id.") from problem
