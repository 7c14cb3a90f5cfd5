"""Which run a test belongs to, decided by what it uses: a pytest plugin.

| tier | tests | run by |
|---|---|---|
| `fast` | start no program of the platform | `make test-fast`, and all below |
| `core` | start some, and are marked `core`: what a stranger needs to believe the platform | `make test` |
| `wide` | start some, or are marked `wide`: further cases of the same | `make test-all` |
| `deep` | are marked `deep`: minutes each | `make test-deep` |

A test without a marker is `fast` or `wide`, by its fixtures. A `fast` test that starts a server all the same fails.
`core` of a whole module or class means those of its tests that start something.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TIERS = ("fast", "core", "wide", "deep")
STARTERS = frozenset({"env_python", "checkout", "contained", "gitlab_ci_local", "built", "inside"})
"""Fixtures by which programs are started: an environment's interpreter, a checkout to run commands in, images."""

SERVER = re.compile(
    r"/envs/(?!tests/|\.versions/tests-|uv/|helm/bin/check-)|-m local\.[\w.]+ .*--port|(assay|make) (up|demo|run)\b"
)
"""Commands that no `fast` test starts: interpreters of other environments, parts of the platform. Git, linters and a
Python of the test's own are none."""

_now: list[str] = []


class StartedServer(AssertionError):
    """A test of the tier `fast` has started what that tier is without."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tiers", metavar="TIER,…", help=f"only tests of these tiers: {', '.join(TIERS)}")
    parser.addoption("--plan", metavar="FILE", help="write each test's tier and shared servers to this file, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    sys.addaudithook(_refuse_servers)


def tier(item: pytest.Item) -> str:
    """The tier of a test: by its markers, else by its fixtures."""
    if item.get_closest_marker("deep"):
        return "deep"
    starts = bool(STARTERS & set(getattr(item, "fixturenames", ())))
    for node, marker in item.iter_markers_with_node():  # the closest first
        if marker.name == "wide" or (marker.name == "core" and (starts or node is item)):
            return marker.name
    return "wide" if starts else "fast"


def shared_servers(item: pytest.Item) -> list[str]:
    """The session's fixtures of a test that start programs: tests with one in common are best run by one process."""
    info = getattr(item, "_fixtureinfo", None)
    if info is None:
        return []
    found = {name: definitions[-1] for name, definitions in info.name2fixturedefs.items() if definitions}
    starts = {name for name in found if name in STARTERS}
    while True:
        more = {name for name, made in found.items() if starts & set(made.argnames)} - starts
        if not more:
            break
        starts |= more
    return sorted(
        f"{found[name].baseid}::{name}" for name in starts if found[name].scope == "session" and name != "env_python"
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    tiers = {item.nodeid: tier(item) for item in items}
    if plan := config.getoption("--plan"):
        Path(plan).write_text(
            json.dumps({item.nodeid: {"tier": tiers[item.nodeid], "shares": shared_servers(item)} for item in items})
        )
    wanted = config.getoption("--tiers")
    if wanted is None:
        return
    names = set(wanted.split(","))
    if unknown := names - set(TIERS):
        raise pytest.UsageError(f"--tiers {', '.join(sorted(unknown))}: there are {', '.join(TIERS)}")
    left_out = [item for item in items if tiers[item.nodeid] not in names]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if tiers[item.nodeid] in names]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    if tier(item) == "fast":
        _now.append(item.nodeid)
    try:
        return (yield)
    finally:
        _now.clear()


def _refuse_servers(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "subprocess.Popen" or not _now:
        return
    words = arguments[1]
    command = words if isinstance(words, str) else " ".join(map(str, words or ()))
    if found := SERVER.search(command):
        raise StartedServer(
            f"{_now[-1]} has no marker and no fixture that starts a program, and starts one ({found[0]!r} in "
            f"{command[:200]!r}): mark it `wide`, or `core` if `make test` needs it"
        )
