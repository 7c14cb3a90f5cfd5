"""Whatever text comes from outside, a chat shows it and does nothing else with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assay.alerts import message
from assay.alerts.markup import BACKTICK_ALIKE, INVISIBLE, as_text, code, link
from assay.alerts.message import Failure, Message
from tests.plugins.assay.marks import MARKS

URL = "https://airflow.example.com/dags/flights/runs/r"
FAILURE = Failure("flights", "prod", "o", "r", "w", URL, "https://git.example.com/runbook.md", "t", URL + "/log")

BUILDERS: dict[str, Callable[[str], Message]] = {
    "reason": lambda text: message.failed(replace(FAILURE, what=text)),
    "task": lambda text: message.failed(replace(FAILURE, task=text or "t")),
    "owner": lambda text: message.failed(replace(FAILURE, owner=text)),
    "run": lambda text: message.failed(replace(FAILURE, run_id=text)),
    "runbook": lambda text: message.failed(replace(FAILURE, runbook="docs/" + text)),
    "causes": lambda text: message.closed([replace(FAILURE, what=text), replace(FAILURE, task=text or "t"), FAILURE]),
    "recovery": lambda text: message.recovered("flights", "prod", [text or "t", "u"], text, URL),
    "warning": lambda text: message.with_warnings("flights", "prod", text, [text, "select 1"], URL),
    "release": lambda text: message.released("flights", "prod", text, {text: (1, 2)}, URL),
    "rollback": lambda text: message.rolled_back("flights", "prod", text, text, text, URL),
    "broken file": lambda text: message.broken("flights", "prod", text, ""),
}
OUTSIDE = st.text(st.sampled_from(list("`*_~<>&|@#:/[]()!\\ \n\r\t\u200b\u202e.-abc1")), max_size=40) | st.text(
    max_size=60
)
ACTS = (
    r"(?<![\w.+-])@\w", r"@(?i:channel|here|all|everyone)\b", r"(?i)\bwww\.", r"(?i)\bmailto:", r"://", r"<[!@#]",
)  # fmt: skip


def prose(text: str) -> str:
    """What stands outside of code and of our links: there chats format, link and notify."""
    parts = text.split("```")
    assert len(parts) % 2, "a fence is not closed"
    outside = "\n".join(parts[::2])
    outside = re.sub(r"`[^`\n]+`", "`…`", outside)
    return re.sub(r"<https?://[^\s<>|]+\|[\w ]+>", "<link>", outside)


@pytest.mark.parametrize("name", BUILDERS)
@settings(max_examples=60, deadline=None)
@given(text=OUTSIDE)
@example(text="<!channel> <!here|x> <@U123> <#C1|general> <https://evil.example|click>")
@example(text="@channel @here @all @anna (@all) x@all https://evil.example www.evil.example mailto:a@b.c")
@example(text="``` @all ```")
@example(text="` @all `")
@example(text="[click](https://evil.example) ![x](https://evil.example/x.png) *bold* _it_ ~no~ #tag :boom: ~town")
@example(text="a\n```\n> quote\n# head\n| a | b |")
@example(text="@\u200bchannel \u202eabc")
def test_text_from_outside_stays_in_code_and_does_nothing(name: str, text: str) -> None:
    found = BUILDERS[name](text)["text"]
    harmless = BUILDERS[name]("x")["text"]
    assert prose(found) == prose(harmless), "text from outside left its code"
    inside = re.sub(r"<https?://[^\s<>|]+\|[\w ]+>", "", found)
    assert not [pattern for pattern in ACTS if re.search(pattern, inside)]
    assert "<" not in inside
    assert ">" not in inside
    assert not re.search(r"&(?!amp;|lt;|gt;)", inside)


@pytest.mark.parametrize("name", [*(mark for mark in MARKS if "\n" not in mark), "a-b", "*a*"])
def test_a_file_that_is_called_like_markup_is_named_in_code(name: str) -> None:
    for built in (message.broken(name, "prod", "p", ""), message.failed(replace(FAILURE, zone=name))):
        assert built["text"].startswith(f"{code(name)} (prod)")
    assert message.readable("flights, weather", "prod")["text"].startswith("*flights, weather* (prod)")


@given(text=OUTSIDE)
def test_a_person_reads_what_was_written(text: str) -> None:
    shown = as_text(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    controls = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
    written = re.sub(controls, "", text.replace("\r\n", "\n")).replace("`", BACKTICK_ALIKE)
    assert shown.replace(INVISIBLE, "") == written


def test_a_query_and_an_address_of_a_person_can_be_copied() -> None:
    query = "select * from LOCAL_FLIGHTS.QUARANTINE.PLANES where _load_id = 'L0'"
    assert as_text(query) == query
    assert as_text("flight-operations@example.com") == "flight-operations@example.com"


@given(text=st.text(max_size=40))
@example(text="|>@all <!channel>")
@example(text=")](https://evil.example)")
def test_no_address_ends_its_link(text: str) -> None:
    assert re.fullmatch(r"<https://x\.example/[^\s<>|\[\]`]*\|Log>", link(f"https://x.example/{text}", "Log"))
