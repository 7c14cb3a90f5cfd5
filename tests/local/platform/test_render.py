"""Tables for people: every value whole, on one line, and text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.cli.tables import aligned
from local.platform import render

QUERY = "select * from LOCAL_WEATHER.QUARANTINE.WEATHER where _load_id = 'L50AF337F8482'" + " or _row = 3" * 9
ODD = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["[bold]x[/]", "[/]", "a\nb", "\x1b[2J", "\u2028", "a\u202eb"]
)


def test_cells_are_whole_however_wide_and_stay_on_one_line() -> None:
    text = aligned(["A", "LONG"], [(1, "x" * 500), (None, "two\nlines")])
    assert text.split("\n") == ["A  LONG", f"1  {'x' * 500}", "   two\\nlines"]


def test_numbers_stand_to_the_right() -> None:
    assert aligned(["n", "rows"], [("a", "1"), ("b", "1,000")], {"rows"}).split("\n") == [
        "n   rows",
        "a      1",
        "b  1,000",
    ]


@given(st.lists(st.tuples(ODD, ODD), min_size=1, max_size=4))
def test_a_row_is_a_line_whatever_its_values_and_markup_stays_text(rows: list[tuple[str, str]]) -> None:
    lines = aligned(("a", "b"), rows).split("\n")
    assert len(lines) == 1 + len(rows)
    for line, row in zip(lines[1:], rows, strict=True):
        assert "\x1b" not in line
        assert all(value.strip() in line for value in row if value.isprintable())


def zone(name: str, **more: object) -> dict[str, object]:
    return {"zone": name, "owner": "o", "landed": 1, "approved": 1, "quarantined": 0, "release": None,
            "published_at": None, "refused_now": [], "candidate_refused": None, "held": None, "problem": None,
            **more}  # fmt: skip


def test_a_broken_zone_stands_beside_the_others_and_a_refusal_goes_when_it_is_over() -> None:
    lines = render.zones(
        [
            zone("a", owner=None, problem="zone.yml:1: no\nzone.yml:3: no"),
            zone(
                "b", refused_now=["weather: null"], candidate_refused="R1: Failed: release.smoke.", held='by x: "[y]".'
            ),
        ]
    ).splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["zone", "a", "b"]
    assert lines[3:] == [
        "b belongs to o.",
        "b is refused: weather: null",
        "b is not released: R1: Failed: release.smoke.",
        'b: publishing is held by x: "[y]".',
        "a does not work: zone.yml:1: no",
        "a does not work: zone.yml:3: no",
    ]


def test_a_query_in_a_reason_can_be_copied_whole() -> None:
    shown = render.zones([zone("weather", refused_now=[f"Look with: {QUERY}"])])
    assert f"weather is refused: Look with: {QUERY}" in shown.splitlines()
    service = {"service": "aws", "state": "failed", "note": QUERY, "log": "/x/logs/aws.log"}
    assert f"aws: failed {QUERY}" in render.service_notes([service]).splitlines()
