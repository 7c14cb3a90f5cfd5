"""What a person sees: the Airflow UI and the chat inbox in a real browser.

Both tests leave a picture in `build/`; the README's (`docs/images/`) are copies of them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.checkout import Checkout

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 60_000  # ms
SHOWN = ("ingest", "approve", "bronze", "gateway_to_silver", "silver", "gateway_to_gold", "gold", "release", "announce")
OPENED = {"silver": "fct_legs", "gold": "daily_punctuality"}
"""Task groups that are opened for the picture, and something in each: they show what the gateways hold back."""

LAID_OUT_DOWNWARDS = """() => {
  const top = name => document.querySelector(`[data-testid="rf__node-${name}"]`).getBoundingClientRect().top;
  return top("ingest") < top("gateway_to_silver") && top("gateway_to_silver") < top("announce");
}"""

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None, reason="chromium is missing: `.ci/run` installs it (Debian: `apt-get install chromium`)"
    ),
]


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser's only tab, in which nobody is logged in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context = browser.new_context(
            viewport={"width": 1280, "height": 1040}, device_scale_factor=1.25, locale="en-GB", color_scheme="light"
        )
        context.set_default_timeout(PATIENCE)
        yield context.new_page()
        browser.close()


@pytest.fixture
def build(root: Path) -> Path:
    folder = root / "build"
    folder.mkdir(exist_ok=True)
    return folder


def log_in(page: Page, demo: Checkout) -> None:
    account = demo.endpoints.credentials["airflow"]
    page.goto(demo.endpoints.airflow)
    page.get_by_label("Username").fill(account["user"])
    page.get_by_label("Password", exact=True).fill(account["password"])
    page.get_by_role("button", name="Sign in").click()


def test_flights_is_green_and_its_graph_has_the_gateways(demo: Checkout, page: Page, build: Path) -> None:
    log_in(page, demo)
    page.get_by_role("link", name="Dags", exact=True).click()
    to_the_dag = page.locator("[href='/dags/flights']")  # the home page has links of this name to tasks
    page.get_by_role("link", name="flights", exact=True).and_(to_the_dag).click()
    expect(page.get_by_role("heading", name="flights")).to_be_visible(timeout=PATIENCE)

    page.goto(f"{demo.endpoints.airflow}/dags/flights/runs/{demo.newest_green_run('flights').run_id}")
    expect(page.get_by_text("Success", exact=True).first).to_be_visible(timeout=PATIENCE)

    page.get_by_role("button", name="Show Graph").click()
    for name in SHOWN:
        expect(page.get_by_test_id(f"rf__node-{name}")).to_contain_text("success", timeout=PATIENCE)

    page.get_by_role("button", name="Collapse Details Panel").click()
    page.get_by_role("button", name="Options").click()
    page.get_by_role("combobox").last.click()
    page.get_by_role("option", name="Top to Bottom").click()
    page.keyboard.press("Escape")
    page.wait_for_function(LAID_OUT_DOWNWARDS)
    for group, inside in OPENED.items():
        page.get_by_test_id(f"rf__node-{group}").get_by_role("button", name=re.compile(r"\+ \d+ Tasks?")).click()
        expect(page.get_by_test_id(f"rf__node-{group}.{inside}")).to_contain_text("success", timeout=PATIENCE)
    page.get_by_role("button", name="Fit View").click()
    for name in SHOWN:
        expect(page.get_by_test_id(f"rf__node-{name}")).to_be_in_viewport(ratio=0.99, timeout=PATIENCE)
    page.get_by_test_id("rf__node-announce").click(trial=True)  # clicks nothing: it waits until the graph stands still
    page.mouse.move(0, 0)
    page.screenshot(path=build / "flights.png", animations="disabled")


def test_the_inbox_shows_who_has_to_do_what_about_a_broken_file(demo: Checkout, page: Page, build: Path) -> None:
    demo.assay("company", "break", "weather", "--how", "out-of-range")
    try:
        assert demo.run_zone("weather").state == "failed"
    finally:
        demo.assay("company", "fix", "weather")
    page.set_viewport_size({"width": 1280, "height": 760})
    login = demo.endpoints.credentials["airflow"]
    page.goto(demo.endpoints.url("inbox").replace("://", f"://{login['user']}:{login['password']}@"))
    alert = page.get_by_role("article").filter(has_text="approve.weather").first
    expect(alert).to_contain_text("met-desk@example.com")
    expect(alert).to_contain_text("humid")
    expect(alert.get_by_role("link", name="Run and retry")).to_be_visible()
    page.screenshot(path=build / "inbox.png", animations="disabled")
