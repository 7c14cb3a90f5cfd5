"""Delivery never makes anything worse, whatever the chat server does, and never shows its address."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime

import pytest

from assay.alerts import post as delivery
from assay.alerts.channel import Answer
from assay.alerts.post import retry_after
from tests.plugins.assay.alerts.inbox import TOKEN, Inbox


def test_a_message_arrives(inbox: Inbox) -> None:
    assert delivery.post(inbox.url, {"text": "hello"}) == Answer(delivered=True)
    assert inbox.messages == [{"text": "hello"}]


def test_a_chat_server_that_refuses_is_logged_in_a_sentence(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    inbox.status = 500
    assert delivery.post(inbox.url, {"text": "hello"}) == Answer(delivered=False)
    assert "the chat server answered with HTTP status 500" in caplog.text


def test_a_busy_chat_server_says_when_to_come_again(inbox: Inbox) -> None:
    inbox.status, inbox.headers = 429, {"Retry-After": "30"}
    assert delivery.post(inbox.url, {"text": "hello"}) == Answer(delivered=False, retry_after=30)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("30", 30), ("0", 1), ("-5", 1), ("86400", 3600), ("Fri, 02 Jan 2026 00:02:00 GMT", 120),
        ("Fri, 02 Jan 2026 00:00:00 GMT", 1), (None, None), ("", None), ("soon", None), ("nan", None),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date_and_at_most_an_hour(written: str | None, seconds: float | None) -> None:
    assert retry_after(written, now=datetime(2026, 1, 2, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(("status", "refused"), [(400, True), (413, True), (503, False), (404, False)])
def test_a_message_that_is_never_accepted_is_told_from_one_that_comes_too_early(
    inbox: Inbox, status: int, refused: bool
) -> None:
    inbox.status = status
    assert delivery.post(inbox.url, {"text": "hello"}).message_refused is refused


def test_a_dead_chat_server_is_logged_without_its_address(caplog: pytest.LogCaptureFixture) -> None:
    assert delivery.post(f"http://127.0.0.1:9/hooks/{TOKEN}", {"text": "hello"}) == Answer(delivered=False)
    assert "cannot be reached" in caplog.text
    assert TOKEN not in caplog.text


def test_an_address_that_is_none_is_logged_without_it(caplog: pytest.LogCaptureFixture) -> None:
    assert not delivery.post(f"hooks/{TOKEN}", {"text": "hello"})
    assert TOKEN not in caplog.text


def test_a_chat_server_that_hangs_is_given_up_and_may_have_taken_the_message(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "TIMEOUT", 0.5)
    inbox.silent.set()
    assert delivery.post(inbox.url, {"text": "hello"}) == Answer(delivered=False, unknown=True)


def test_a_chat_server_that_drips_its_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "DEADLINE", 1)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not ended.wait(0.05):
                    connection.sendall(b"H")

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        answer = delivery.post(f"http://127.0.0.1:{server.getsockname()[1]}/", {"text": "hello"})
        ended.set()
    assert answer == Answer(delivered=False, unknown=True)
    assert time.monotonic() - began < 30


def test_a_chat_server_that_dies_in_mid_answer_may_have_taken_the_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def die() -> None:
            connection, _ = server.accept()
            connection.recv(100)
            connection.close()

        threading.Thread(target=die, daemon=True).start()
        answer = delivery.post(f"http://127.0.0.1:{server.getsockname()[1]}/", {"text": "hello"})
    assert answer == Answer(delivered=False, unknown=True)


def test_the_wait_for_a_chat_server_is_short() -> None:
    assert delivery.TIMEOUT <= 5
    assert delivery.DEADLINE <= 15
