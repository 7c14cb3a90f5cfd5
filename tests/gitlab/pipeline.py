"""The pipeline as it runs: every job with what it extends, and with what it refers to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

KEYWORDS = {"workflow", "stages", "variables", "default", "include"}
Job = dict[str, Any]


class Loader(yaml.SafeLoader):
    """YAML with GitLab's `!reference [job, key]`."""


Loader.add_constructor("!reference", lambda loader, node: {"reference": loader.construct_sequence(node)})


def merged(below: Job, above: Job) -> Job:
    return below | {
        key: merged(below[key], value) if isinstance(value, dict) and isinstance(below.get(key), dict) else value
        for key, value in above.items()
    }


def resolved(written: dict[str, Any]) -> dict[str, Job]:
    """Every job as it runs: with what it extends and what it refers to."""

    def extended(name: str) -> Job:
        job = written[name]
        below: Job = {}
        for parent in [job["extends"]] if isinstance(job.get("extends"), str) else job.get("extends", []):
            below = merged(below, extended(parent))
        return merged(below, {key: value for key, value in job.items() if key != "extends"})

    def lines(entries: list[Any]) -> Iterator[str]:
        for entry in entries:
            if isinstance(entry, dict):
                job, key = entry["reference"]
                yield from lines(extended(job)[key])
            else:
                yield entry

    found = {name: extended(name) for name in written if name not in KEYWORDS and not name.startswith(".")}
    for job in found.values():
        for key in ("before_script", "script", "after_script"):
            job[key] = list(lines(job.get(key, [])))
    return found
