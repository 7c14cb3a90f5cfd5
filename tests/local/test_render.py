"""Tables for people: every value whole."""

from __future__ import annotations

from rich.console import Console

from local import render


def test_cells_are_whole_however_wide_and_stay_on_one_line() -> None:
    text = render.records(["A", "LONG"], [(1, "x" * 500), (None, "two\nlines")])
    assert text.splitlines() == ["A  LONG", f"1  {'x' * 500}", "   two\\nlines"]


def zone(name: str, **more: object) -> dict[str, object]:
    return {"zone": name, "owner": "o", "landed": 1, "approved": 1, "quarantined": 0, "release": None,
            "published_at": None, "refused_now": [], "problem": None, **more}  # fmt: skip


def test_a_broken_zone_stands_beside_the_others_and_a_refusal_goes_when_it_is_over() -> None:
    console = Console(width=200, record=True)
    console.print(
        render.zones([zone("a", owner=None, problem="zone.yml:3: no"), zone("b", refused_now=["weather: null"])])
    )
    text = console.export_text()
    assert "a does not work: zone.yml:3: no" in text
    assert "b is refused: weather: null" in text
    assert "b belongs to o." in text
    assert "a belongs" not in text
