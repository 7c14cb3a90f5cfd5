"""The inbox on a real socket: what chat clients send, what a person sees, what a kill leaves."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests

from local.emulators.common import files
from tests.local.conftest import Server

Service = Callable[[str], Server]
Texts = Callable[..., list[str]]
Login = tuple[str, str]


@pytest.fixture
def inbox(service: Service) -> Server:
    return service("inbox").start()


@pytest.fixture
def hook(inbox: Server, known: dict[str, Any]) -> str:
    return f"{inbox.url}/hooks/{known['inbox']['flights']}"


@pytest.fixture
def login(known: dict[str, Any]) -> Login:
    return known["airflow"]["user"], known["airflow"]["password"]


@pytest.fixture
def texts(inbox: Server, login: Login) -> Callable[..., list[str]]:
    """The texts of a channel's messages, newest first."""

    def read(channel: str = "flights") -> list[str]:
        answer = requests.get(f"{inbox.url}/api/messages", params={"channel": channel}, auth=login, timeout=10)
        return [message["text"] for message in answer.json()]

    return read


def test_a_message_is_kept_in_the_hooks_channel_newest_first(texts: Texts, hook: str) -> None:
    assert requests.post(hook, json={"text": "one"}, timeout=10).text == "ok"
    requests.post(hook, data={"payload": json.dumps({"text": "two"})}, timeout=10).raise_for_status()
    assert texts() == ["two", "one"]
    assert texts("weather") == []


def test_what_was_acknowledged_survives_a_kill_and_a_torn_line_does_not(inbox: Server, hook: str, texts: Texts) -> None:
    requests.post(hook, json={"text": "kept"}, timeout=10).raise_for_status()
    inbox.stop(signal.SIGKILL)
    with (inbox.state / "messages.jsonl").open("ab") as file:
        file.write(b'{"channel": "fli')
    inbox.start()
    requests.post(hook, json={"text": "later"}, timeout=10).raise_for_status()
    inbox.stop(signal.SIGKILL)
    inbox.start()
    assert texts() == ["later", "kept"]


def test_an_unknown_hook_and_a_bad_payload_are_refused(inbox: Server, hook: str, texts: Texts) -> None:
    assert requests.post(f"{inbox.url}/hooks/guess", json={"text": "x"}, timeout=10).status_code == 404
    assert requests.post(hook, data="{", timeout=10).status_code == 400
    assert requests.post(hook, json=["text"], timeout=10).status_code == 400
    assert requests.post(hook, json={"color": "red"}, timeout=10).status_code == 400
    assert texts() == []


def test_the_page_shows_text_escaped_and_never_a_hooks_secret(
    inbox: Server, hook: str, known: dict[str, Any], login: Login
) -> None:
    attachments = [{"title": "Task", "text": "approve.flights", "fields": [{"title": "owner", "value": "ops"}]}]
    message = {"text": "<script>alert(1)</script>", "attachments": attachments}
    requests.post(hook, json=message, timeout=10).raise_for_status()
    page = requests.get(inbox.url, auth=login, timeout=10).text
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "approve.flights" in page
    assert "owner: ops" in page
    assert not any(token in page for token in known["inbox"].values())


def test_a_runbook_that_an_alert_links_to_can_be_read_and_nothing_else_can(inbox: Server, login: Login) -> None:
    page = requests.get(f"{inbox.url}/repository/docs/runbooks/zone.md", auth=login, timeout=10)
    assert page.text.startswith("# Runbook")
    for path in (
        "docs/../README.md",
        "README.md",
        "docs/%2e%2e/README.md",
        "docs/none.md",
        "docs/../local/platform/cli.py",
        "docs",
        "docs/%2e%2e%2flocal%2fcli.py",
        "docs/runbooks/..%2f..%2fREADME.md",
        "/etc/passwd",
        "docs/%00.md",
        f"docs/{'a' * 300}.md",
        "%2e%2e/%2e%2e/etc/passwd",
        "docs\\..\\README.md",
    ):
        url = f"{inbox.url}/repository/{path}"
        prepared = requests.Request("GET", url, auth=login).prepare()
        prepared.url = url  # as it is written
        with requests.Session() as session:
            assert session.send(prepared, timeout=10).status_code == 404, path


def test_it_fails_on_purpose_until_told_otherwise(inbox: Server, hook: str, login: Login, texts: Texts) -> None:
    requests.put(f"{inbox.url}/local/faults", json={"status": 503}, auth=login, timeout=10).raise_for_status()
    assert requests.post(hook, json={"text": "lost"}, timeout=10).status_code == 503
    requests.put(f"{inbox.url}/local/faults", json={}, auth=login, timeout=10).raise_for_status()
    assert requests.post(hook, json={"text": "found"}, timeout=10).status_code == 200
    assert texts() == ["found"]


def test_no_log_names_a_hooks_secret(inbox: Server, hook: str, known: dict[str, Any]) -> None:
    requests.post(hook, json={"text": "x"}, timeout=10)
    requests.post(hook, data="{", timeout=10)
    inbox.stop()
    assert not any(token in inbox.log.read_text() for token in known["inbox"].values())


def test_everything_but_hooks_and_health_asks_for_airflows_login(
    inbox: Server, hook: str, login: Login, known: dict[str, Any]
) -> None:
    requests.post(hook, json={"text": "a secret of flights"}, timeout=10).raise_for_status()
    user, password = login
    paths = ("/", "/api/messages", "/repository/docs/alerts.md", "/hooks/x", "/nothing", "/hooks/../api/messages",
             "//api/messages")  # fmt: skip
    calls = [*(("GET", path) for path in paths), ("PUT", "/local/faults")]
    for wrong in (None, (user, "guess"), ("guess", password), (user, ""), ("", ""), (user, known["inbox"]["flights"])):
        for method, path in calls if wrong is None else calls[:1]:
            answer = requests.request(method, inbox.url + path, auth=wrong, json={}, timeout=10)
            assert answer.status_code == 401, (method, path, wrong)
            assert answer.headers["WWW-Authenticate"].startswith("Basic ")
            assert "secret of flights" not in answer.text
    assert "a secret of flights" in requests.get(inbox.url, auth=login, timeout=10).text
    for header in ("Bearer guess", "Basic guess", b"Basic \xff", "Basic " + "A" * 5000):
        assert requests.get(inbox.url, headers={"Authorization": header}, timeout=10).status_code == 401


def test_a_password_that_was_changed_counts_without_a_restart(
    inbox: Server, login: Login, known: dict[str, Any], tmp_path: Path
) -> None:
    changed = known | {"airflow": known["airflow"] | {"password": "another-one"}}
    files.write_json(tmp_path / "credentials.json", changed)
    assert requests.get(inbox.url, auth=login, timeout=10).status_code == 401
    assert requests.get(inbox.url, auth=(login[0], "another-one"), timeout=10).status_code == 200


KEYS = ("text", "username", "attachments", "blocks", "fields", "elements", "title", "value", "pretext")
ODD = ({}, [], 5, None, True, 1.5, "", "text", "\x00\u2028<b>", "```", "<https://a|", ["x", 5, None], "# x [y](z)")


def anything(random: Random, depth: int = 4) -> Any:
    """A value that JSON can hold, with the keys of a message at places where they do not belong."""
    if depth == 0 or random.random() < 0.3:
        return random.choice(ODD)
    if random.random() < 0.5:
        return [anything(random, depth - 1) for _ in range(random.randrange(4))]
    return {random.choice(KEYS): anything(random, depth - 1) for _ in range(random.randrange(5))}


def test_no_post_breaks_the_page(inbox: Server, hook: str, login: Login) -> None:
    random = Random(2026)
    with requests.Session() as session:
        for _ in range(300):
            made = anything(random)
            message = made if isinstance(made, dict) and random.random() < 0.5 else {"text": made, "attachments": made}
            assert session.post(hook, json=message, timeout=10).status_code in (200, 400), message
        session.post(hook, json={"text": "the last one"}, timeout=10).raise_for_status()
    for path in ("/", "/api/messages"):
        answer = requests.get(inbox.url + path, auth=login, timeout=30)
        assert answer.status_code == 200
        assert "the last one" in answer.text


BODIES = {
    "half a character": (b'{"text": "\\ud800"}', "application/json"),
    "deep": (b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "application/json"),
    "a long number": (b'{"text": ' + b"9" * 5000 + b"}", "application/json"),
    "no text": (b"\xff\xfe\xfd", "application/json"),
    "half a form": (b"payload=%7B", "application/x-www-form-urlencoded"),
    "half a character in a form": (b"payload=%22%5Cud800%22", "application/x-www-form-urlencoded"),
    "charset": (b"payload=%7B%7D", "application/x-www-form-urlencoded; charset=nonsense"),
}


def test_a_body_that_is_no_message_is_refused(inbox: Server, hook: str, texts: Texts) -> None:
    answers = {
        name: requests.post(hook, data=body, headers={"Content-Type": kind}, timeout=10).status_code
        for name, (body, kind) in BODIES.items()
    }
    assert answers == dict.fromkeys(BODIES, 400)
    assert texts() == []


def test_faults_that_are_none_are_refused(inbox: Server, login: Login) -> None:
    for body in ("{", "[]", "5", '{"status": 200}', '{"status": "500"}', '{"other": 1}'):
        assert requests.put(f"{inbox.url}/local/faults", data=body, auth=login, timeout=10).status_code == 400, body
