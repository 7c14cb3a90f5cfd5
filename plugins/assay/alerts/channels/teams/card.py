"""A message as an adaptive card, in elements that read no markup: text from outside stays text. Pure.

https://learn.microsoft.com/en-us/adaptive-cards/schema-explorer/text-run: "Markdown is not supported". A message of a
workflow may have some 28 KB (https://learn.microsoft.com/en-us/connectors/teams, "Message size limit").
"""

import json
from collections.abc import Sequence
from typing import Any

from assay.alerts.markup import INVISIBLE, Run, lines

LARGEST = 20_000
"""Bytes of the body. The limit counts what Teams makes of it, so that there is room."""
SHORTER = ((200, 2_000), (60, 500), (20, 200), (6, 100))
"""How many lines of each fence, and characters of a line, are kept while the message is too large."""

Json = dict[str, Any]
Element = tuple[bool, list[list[Run]]]
"""Whether it is a fence, and its lines; what is none has one line."""


def message_with_card(text: str) -> Json:
    """Return the body that a workflow takes, for a text in our markup."""
    elements = _elements(text)
    body = _body(elements)
    for rows, width in SHORTER:
        if _size(body) <= LARGEST:
            return body
        body = _body([(fenced, _cut(found, rows, width)) for fenced, found in elements])
    elements = [(fenced, _cut(found, *SHORTER[-1])) for fenced, found in elements]
    while _size(body) > LARGEST and len(elements) > 2:  # the first line says what it is about, the last has the links
        del elements[max(len(elements) // 2, 1)]
        body = _body([*elements[:-1], (False, [[Run("…")]]), elements[-1]])
    return body


def _elements(text: str) -> list[Element]:
    found: list[Element] = []
    for fenced, line in lines(text):
        if fenced and found and found[-1][0]:
            found[-1][1].append(line)
        else:
            found.append((fenced, [line]))
    return found


def _cut(found: list[list[Run]], rows: int, width: int) -> list[list[Run]]:
    kept = [[_shortened(run, width) for run in line] for line in found[:rows]]
    return [*kept, [Run("…", code=True)]] if len(found) > rows else kept


def _shortened(run: Run, width: int) -> Run:
    return Run(f"{run.text[:width]}…", run.bold, run.code, run.url) if len(run.text) > width else run


def _body(elements: Sequence[Element]) -> Json:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [_element(*each) for each in elements],
        "msteams": {"width": "Full"},
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _element(fenced: bool, found: list[list[Run]]) -> Json:
    blocks = [{"type": "RichTextBlock", "spacing": "None", "inlines": [_inline(run) for run in line]} for line in found]
    return {"type": "Container", "style": "emphasis", "items": blocks} if fenced else blocks[0] | {"spacing": "Small"}


def _inline(run: Run) -> Json:
    # Two braces begin a function of a card, such as {{DATE(…)}}, in this element, too.
    found: Json = {"type": "TextRun", "text": run.text.replace("{{", f"{{{INVISIBLE}{{") or " "}
    if run.bold:
        found["weight"] = "Bolder"
    if run.code:
        found["fontType"] = "Monospace"
    if run.url:
        found |= {"color": "Accent", "selectAction": {"type": "Action.OpenUrl", "url": run.url}}
    return found


def _size(body: Json) -> int:
    return len(json.dumps(body))
