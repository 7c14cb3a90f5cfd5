"""The inbox on a real socket: what chat clients send, what a person sees, what a kill leaves."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.local.conftest import Server

Part = Callable[[str], Server]


@pytest.fixture
def inbox(part: Part) -> Server:
    return part("inbox").start()


@pytest.fixture
def hook(inbox: Server, known: dict[str, Any]) -> str:
    return f"{inbox.url}/hooks/{known['inbox']['flights']}"


def texts(inbox: Server, channel: str = "flights") -> list[str]:
    answer = requests.get(f"{inbox.url}/api/messages", params={"channel": channel}, timeout=10)
    return [message["text"] for message in answer.json()]


def test_a_message_is_kept_in_the_hooks_channel_newest_first(inbox: Server, hook: str) -> None:
    assert requests.post(hook, json={"text": "one"}, timeout=10).text == "ok"
    requests.post(hook, data={"payload": json.dumps({"text": "two"})}, timeout=10).raise_for_status()
    assert texts(inbox) == ["two", "one"]
    assert texts(inbox, "weather") == []


def test_what_was_acknowledged_survives_a_kill_and_a_torn_line_does_not(inbox: Server, hook: str) -> None:
    requests.post(hook, json={"text": "kept"}, timeout=10).raise_for_status()
    inbox.stop(signal.SIGKILL)
    with (inbox.state / "messages.jsonl").open("ab") as file:
        file.write(b'{"channel": "fli')
    inbox.start()
    requests.post(hook, json={"text": "later"}, timeout=10).raise_for_status()
    inbox.stop(signal.SIGKILL)
    inbox.start()
    assert texts(inbox) == ["later", "kept"]


def test_an_unknown_hook_and_a_bad_payload_are_refused(inbox: Server, hook: str) -> None:
    assert requests.post(f"{inbox.url}/hooks/guess", json={"text": "x"}, timeout=10).status_code == 404
    assert requests.post(hook, data="{", timeout=10).status_code == 400
    assert requests.post(hook, json=["text"], timeout=10).status_code == 400
    assert requests.post(hook, json={"color": "red"}, timeout=10).status_code == 400
    assert texts(inbox) == []


def test_the_page_shows_text_escaped_and_never_a_hooks_secret(inbox: Server, hook: str, known: dict[str, Any]) -> None:
    attachments = [{"title": "Task", "text": "approve.flights", "fields": [{"title": "owner", "value": "ops"}]}]
    message = {"text": "<script>alert(1)</script>", "attachments": attachments}
    requests.post(hook, json=message, timeout=10).raise_for_status()
    page = requests.get(inbox.url, timeout=10).text
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "approve.flights" in page
    assert "owner: ops" in page
    assert not any(token in page for token in known["inbox"].values())


def test_a_runbook_that_an_alert_links_to_can_be_read_and_nothing_else_can(inbox: Server) -> None:
    page = requests.get(f"{inbox.url}/repository/docs/runbooks/zone.md", timeout=10)
    assert page.text.startswith("# Runbook")
    for path in (
        "docs/../README.md",
        "README.md",
        "docs/%2e%2e/README.md",
        "docs/none.md",
        "docs/../local/cli.py",
        "docs",
    ):
        url = f"{inbox.url}/repository/{path}"
        prepared = requests.Request("GET", url).prepare()
        prepared.url = url  # as it is written
        with requests.Session() as session:
            assert session.send(prepared, timeout=10).status_code == 404, path


def test_it_fails_on_purpose_until_told_otherwise(inbox: Server, hook: str) -> None:
    requests.put(f"{inbox.url}/local/faults", json={"status": 503}, timeout=10).raise_for_status()
    assert requests.post(hook, json={"text": "lost"}, timeout=10).status_code == 503
    requests.put(f"{inbox.url}/local/faults", json={}, timeout=10).raise_for_status()
    assert requests.post(hook, json={"text": "found"}, timeout=10).status_code == 200
    assert texts(inbox) == ["found"]


def test_no_log_names_a_hooks_secret(inbox: Server, hook: str, known: dict[str, Any]) -> None:
    requests.post(hook, json={"text": "x"}, timeout=10)
    requests.post(hook, data="{", timeout=10)
    inbox.stop()
    assert not any(token in inbox.log.read_text() for token in known["inbox"].values())
