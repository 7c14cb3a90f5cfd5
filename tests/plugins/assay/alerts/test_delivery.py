"""Delivery never makes anything worse, whatever the chat server does, and never tells its address."""

from __future__ import annotations

import time

import pytest

from assay.alerts import delivery
from tests.plugins.assay.alerts.inbox import TOKEN, Inbox


def test_a_message_arrives(inbox: Inbox) -> None:
    assert delivery.post(inbox.url, {"text": "hello"})
    assert inbox.messages == [{"text": "hello"}]


def test_a_chat_server_that_refuses_is_logged_in_a_sentence(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    inbox.status = 500
    assert not delivery.post(inbox.url, {"text": "hello"})
    assert "the chat server answered with HTTP status 500" in caplog.text


def test_a_dead_chat_server_is_logged_without_its_address(caplog: pytest.LogCaptureFixture) -> None:
    assert not delivery.post(f"http://127.0.0.1:9/hooks/{TOKEN}", {"text": "hello"})
    assert "cannot be reached" in caplog.text
    assert TOKEN not in caplog.text


def test_a_chat_server_that_hangs_is_given_up(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "TIMEOUT", 0.5)
    inbox.silent.set()
    began = time.monotonic()
    assert not delivery.post(inbox.url, {"text": "hello"})
    assert time.monotonic() - began < 3


def test_the_wait_for_a_chat_server_is_short() -> None:
    assert delivery.TIMEOUT <= 5
