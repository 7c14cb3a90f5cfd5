"""A message as a card of Teams: all that a person reads, as text, within what Teams takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assay.alerts import message
from assay.alerts.channels import channel_of
from assay.alerts.channels.teams.card import LARGEST, message_with_card
from assay.alerts.markup import INVISIBLE
from assay.alerts.message import Message
from assay.alerts.post import deliver
from tests.plugins.assay.alerts.inbox import Inbox
from tests.plugins.assay.alerts.test_markup import BUILDERS, FAILURE, OUTSIDE, URL

ELEMENTS = {"AdaptiveCard", "Container", "RichTextBlock", "TextRun", "Action.OpenUrl"}
"""None of them reads markup (https://learn.microsoft.com/en-us/adaptive-cards/schema-explorer/text-run)."""


def card(body: dict[str, Any]) -> dict[str, Any]:
    (attachment,) = body["attachments"]
    assert body["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    found: dict[str, Any] = attachment["content"]
    return found


def walked(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walked(inner)


def read(found: dict[str, Any]) -> list[str]:
    """The lines that a person reads."""
    blocks = [each for each in walked(found) if each.get("type") == "RichTextBlock"]
    return ["".join(run["text"] for run in block["inlines"]) for block in blocks]


def test_a_failure_is_a_card_that_is_posted(inbox: Inbox) -> None:
    inbox.status = 200
    channel = channel_of({"conn_type": "teams", "password": inbox.url})
    assert deliver(channel, message.failed(replace(FAILURE, what="temp is <b>not</b>\n  a number")) | {"channel": "#a"})
    (body,) = inbox.messages
    found = card(body)
    assert read(found) == [
        "flights (prod): task t failed.", "temp is <b>not</b>", "  a number", "Owner: o. Run: r",
        "Log · Run and retry · Runbook",
    ]  # fmt: skip
    bold, _, code, *_ = found["body"][0]["inlines"]
    assert (bold["weight"], code["fontType"]) == ("Bolder", "Monospace")
    links = {each["text"]: each["selectAction"]["url"] for each in walked(found) if "selectAction" in each}
    assert links == {"Log": f"{URL}/log", "Run and retry": URL, "Runbook": "https://git.example.com/runbook.md"}
    assert [element["type"] for element in found["body"]] == [
        "RichTextBlock", "Container", "RichTextBlock", "RichTextBlock"
    ]  # fmt: skip


@pytest.mark.parametrize("name", BUILDERS)
@settings(max_examples=25, deadline=None)
@given(text=OUTSIDE)
@example(text="{{DATE(2017-02-14T06:08:00Z)}} [x](https://evil.example) **b** <at>anna</at>")
def test_text_from_outside_is_text_in_a_card(name: str, text: str) -> None:
    build: Callable[[str], Message] = BUILDERS[name]
    found, harmless = (card(message_with_card(build(each)["text"])) for each in (text, "x"))
    assert {each["type"] for each in walked(found) if "type" in each} <= ELEMENTS
    urls = [[each["url"] for each in walked(one) if "url" in each] for one in (found, harmless)]
    assert len(urls[0]) == len(urls[1]), "text from outside made a link"
    assert "{{" not in json.dumps(found)


@settings(max_examples=30, deadline=None)
@given(
    texts=st.lists(
        st.text(st.sampled_from("ab \n€{😀"), max_size=60).map(lambda text: text * 50), min_size=1, max_size=8
    ),
    many=st.integers(1, 200),
)
@example(texts=["x\n" * 7_000], many=1)
@example(texts=["😀" * 3_000], many=80)
def test_a_card_is_never_larger_than_teams_takes_and_keeps_head_and_links(texts: list[str], many: int) -> None:
    text = message.closed([replace(FAILURE, what=texts[n % len(texts)], task=f"task_{n}") for n in range(many)])["text"]
    body = message_with_card(text)
    assert len(json.dumps(body)) <= LARGEST
    lines = read(card(body))
    assert lines[0].startswith("flights (prod): ")
    assert lines[-1].endswith("Runbook")


def test_a_small_message_is_whole() -> None:
    text = message.with_warnings("flights", "prod", "r", [f"line {n}" for n in range(20)], URL)["text"]
    lines = read(card(message_with_card(text)))
    assert [line for line in lines if line.startswith("line ")] == [f"line {n}" for n in range(20)]
    assert INVISIBLE not in "".join(lines)
