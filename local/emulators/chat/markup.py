"""The little markup of chat messages, as HTML: what Slack and Mattermost would show.

`*emphasis*`, `` `code` ``, fences, lines that start with `>`, and `<address|words>`. Everything else is text.
"""

from __future__ import annotations

import re
from itertools import groupby

from markupsafe import Markup, escape

FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
INLINE = re.compile(
    r"<(?P<address>https?://[^<|>\s]+)(?:\|(?P<words>[^<>\n]*))?>"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<![\w(])\*(?P<strong>[^*\s](?:[^*\n]*[^*\s])?)\*(?![\w)])"
)
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
"""What senders escape, and nothing else; the ampersand last."""


def html(text: str) -> Markup:
    """The message as HTML that holds no markup but this module's own."""
    parts = FENCE.split(text)
    return Markup("").join(
        Markup("<pre>{}</pre>").format(_text(part)) if position % 2 else _lines(part)
        for position, part in enumerate(parts)
    )


def _lines(text: str) -> Markup:
    blocks = []
    for quoted, lines in groupby(text.strip("\n").splitlines(), key=lambda line: line.startswith(">")):
        shown = Markup("<br>").join(_inline(line.removeprefix(">").strip()) for line in lines)
        if shown:
            blocks.append(Markup("<blockquote>{}</blockquote>" if quoted else "<p>{}</p>").format(shown))
    return Markup("").join(blocks)


def _inline(line: str) -> Markup:
    found, end = [], 0
    for match in INLINE.finditer(line):
        found += [_text(line[end : match.start()]), _element(match)]
        end = match.end()
    return Markup("").join([*found, _text(line[end:])])


def _element(match: re.Match[str]) -> Markup:
    if match["address"]:
        address = _text(match["address"])
        return Markup('<a href="{}">{}</a>').format(address, _text(match["words"]) if match["words"] else address)
    if match["code"]:
        return Markup("<code>{}</code>").format(_text(match["code"]))
    return Markup("<strong>{}</strong>").format(_text(match["strong"]))


def _text(text: str) -> Markup:
    """As a person reads it: the senders' escapes undone, and then escaped for HTML."""
    for entity, character in ENTITIES:
        text = text.replace(entity, character)
    return escape(text)
