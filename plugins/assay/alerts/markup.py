"""Chat markup that Slack and Mattermost read alike, and text from outside that stays text in both. Pure.

Our own markup is `*emphasis*`, code, fences and `<address|words>`. Everything else (names, reasons, run ids) stands in
code or in a fence, where neither chat formats, and goes through `as_text`: Slack reads `<…>` even in code, and bare
addresses may become links.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

INVISIBLE = "\u200b"
"""Zero-width space: breaks a mention or an address, and is not seen."""

BACKTICK_ALIKE = "\u02cb"

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_MENTION = re.compile(r"(?<![\w.+-])@(?=\S)|@(?=(?i:channel|all|here|everyone|group)\b)")  # not of e-mail addresses
_ADDRESS = re.compile(r":(?=//)|(?i:\bwww)(?=\.)|(?i:\bmailto)(?=:)")
_IN_ADDRESS = ":/?#[]@!$&'*+,;=%-._~"


def as_text(value: str) -> str:
    """The value for use in code: no mention, no link, no command of a chat, no end of the code."""
    shown = _CONTROL.sub("", value.replace("\r\n", "\n")).replace("`", BACKTICK_ALIKE)
    shown = _MENTION.sub(f"@{INVISIBLE}", shown)
    shown = _ADDRESS.sub(lambda found: found[0] + INVISIBLE, shown)
    return escaped(shown)


def code(value: str) -> str:
    """A name in a line of ours."""
    return f"`{' '.join(as_text(value).split()) or '-'}`"


def fence(value: str) -> str:
    """Lines of their own, to be copied as they are."""
    return f"```\n{as_text(value).strip() or '-'}\n```"


def link(url: str, words: str) -> str:
    """A link with words of ours. What could end the address early is percent-encoded."""
    safe = quote(url, safe=_IN_ADDRESS).replace("[", "%5B").replace("]", "%5D")
    return f"<{escaped(safe)}|{words}>"


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass(frozen=True)
class Run:
    """A piece of a message as a person reads it: in bold, in code, or as a link to `url`."""

    text: str
    bold: bool = False
    code: bool = False
    url: str | None = None


_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_RUN = re.compile(
    r"<(?P<url>https?://[^<|>\s]+)\|(?P<words>[^<>\n]*)>"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<![\w(])\*(?P<bold>[^*\s](?:[^*\n]*[^*\s])?)\*(?![\w)])"
)


def lines(text: str) -> Iterator[tuple[bool, list[Run]]]:
    """Give the lines of a message in our markup, for channels that have another: whether each stands in a fence, and
    its runs."""
    for position, part in enumerate(_FENCE.split(text)):
        fenced = bool(position % 2)
        for line in (part if fenced else part.strip("\n")).split("\n"):
            if fenced:
                yield True, [Run(_read(line), code=True)]
            elif line.strip():
                yield False, list(_runs(line))


def _runs(line: str) -> Iterator[Run]:
    end = 0
    for found in _RUN.finditer(line):
        if found.start() > end:
            yield Run(_read(line[end : found.start()]))
        if found["url"]:
            yield Run(_read(found["words"]), url=_read(found["url"]))
        else:
            yield Run(_read(found["code"] or found["bold"]), bold=bool(found["bold"]), code=bool(found["code"]))
        end = found.end()
    if line[end:]:
        yield Run(_read(line[end:]))


def _read(text: str) -> str:
    """What `escaped` was given."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
