"""What README.md, docs/tour.md and docs/zones.md tell a user to type, typed as it stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import Checkout
from tests.documents import ROOT, Line, fences, lines, sections, shell

pytestmark = [pytest.mark.e2e, pytest.mark.deep]

README = ROOT / "README.md"
TOUR = ROOT / "docs" / "tour.md"
ZONES = ROOT / "docs" / "zones.md"
LOCAL = ROOT / "docs" / "local.md"
NAMED_FENCE = re.compile(r"^`(?P<path>[\w./]+)`\n\n```\w+\n(?P<content>.*?)^```$", re.DOTALL | re.MULTILINE)
ELSEWHERE = ("make demo", "make test", "make down")
"""Run by the fixture, by whoever runs this, and by test_checkouts."""


def type_in(demo: Checkout, line: Line) -> None:
    done = demo.run("bash", "-c", line.text, check=False)
    assert bool(done.returncode) == line.fails, f"{line.text}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def test_what_the_readme_says_runs(demo: Checkout) -> None:
    for line in shell(README):
        if line.text not in ELSEWHERE:
            type_in(demo, line)


@pytest.mark.parametrize("section", [title for title, text in sections(TOUR).items() if fences(text, "sh")])
def test_a_section_of_the_tour_runs(demo: Checkout, section: str) -> None:
    for block in fences(sections(TOUR)[section], "sh"):
        for line in lines(TOUR, block):
            type_in(demo, line)


def test_what_the_page_says_of_airflows_api_runs(demo: Checkout) -> None:
    for line in shell(LOCAL):
        type_in(demo, line)
    for dag, conf in (("weather", {"models": ["daily_weather"]}), ("platform_publishing", {"action": "hold"})):
        newest = demo.airflow.call("GET", f"dags/{dag}/dagRuns", params={"order_by": "-run_after"})["dag_runs"][0]
        assert conf.items() <= newest["conf"].items()
        demo.airflow.wait_for_run(dag, newest["dag_run_id"], 600)
    assert "Publishing is held since" in demo.assay("release", "show", "weather").stdout
    demo.assay("release", "resume", "weather", "--reason", "the year is closed")


@pytest.fixture
def files_of_stations() -> dict[str, str]:
    """The zone that docs/zones.md makes: each file's content by its path, which stands in the line before."""
    found = {match["path"]: match["content"] for match in NAMED_FENCE.finditer(sections(ZONES)["Add one"])}
    assert len(found) == 7
    return found


@pytest.fixture
def stations(demo: Checkout, files_of_stations: dict[str, str]) -> Iterator[Checkout]:
    """The checkout with the zone in it, which is gone again afterwards."""
    pods = demo.root / "plugins" / "assay" / "secrets" / "pods.yml"
    before = pods.read_text()
    allowed = before.replace("zones: [flights]", "zones: [flights, stations]")
    assert allowed != before
    written = []
    try:
        pods.write_text(allowed)
        for name, content in files_of_stations.items():
            written.append(demo.root / name)
            written[-1].parent.mkdir(parents=True, exist_ok=True)
            written[-1].write_text(content)
        yield demo
    finally:
        pods.write_text(before)
        for path in written:
            path.unlink()
            remove_empty(path.parent)
        demo.assay("up")


def remove_empty(folder: Path) -> None:
    while not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def test_the_zone_that_is_made_step_by_step_reaches_gold(stations: Checkout) -> None:
    for line in shell(ZONES):
        type_in(stations, line)
    assert stations.count("LOCAL_STATIONS.GOLD.STATIONS_TODAY") == 3
