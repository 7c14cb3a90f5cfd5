"""Secret values in text that a pod prints, replaced before the text reaches a log, a page or a chat. Pure.

A program may print a value as it is, line by line, in JSON, in an address, or encoded. So each value is known in all
these forms, by all its pieces of PIECE characters: whatever part of a text is covered by such pieces is masked, also
where a form is wrapped over lines.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

MASK = "***"
PIECE = 12
"""Characters. A shorter value is looked for as a whole."""
SHORTEST = 4
"""Characters of a value that is masked: a shorter one is in every text, and no secret."""
ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
BOUNDARY = "-----"
"""Begins and ends a key in PEM. Such a line says only that there is one."""


class Masker:
    """Masks the values it was made for. Without values it changes nothing."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms = {
            form
            for value in values
            if len(value.strip()) >= SHORTEST
            for form in _forms(value)
            if len(form) >= SHORTEST
        }
        forms |= set(map(_alike, forms))
        self._pieces = {form[at : at + PIECE] for form in forms for at in range(len(form) - PIECE + 1)}
        self._whole = sorted((form for form in forms if len(form) < PIECE), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        masked = self._without_pieces(text) if self._pieces else text
        for form in self._whole:
            masked = _without(masked, form)
        return masked

    def _without_pieces(self, text: str) -> str:
        kept: list[str] = []
        end = 0  # of what is masked so far
        alike = _alike(text)
        for at in range(len(text) - PIECE + 1):
            if text[at : at + PIECE] in self._pieces or alike[at : at + PIECE] in self._pieces:
                if at >= end:
                    kept += [text[end:at], MASK]
                end = at + PIECE
        return "".join([*kept, text[end:]]) if kept else text


def _forms(value: str) -> Iterator[str]:
    """Every way in which a value is looked for: as a whole, without its line ends, and line by line."""
    lines = [line.strip() for line in value.splitlines() if BOUNDARY not in line]
    for text in {"\n".join(lines), "".join(lines), *lines}:
        yield from _spellings(text)
    yield from _aligned(value.encode(errors="surrogatepass"))


def _spellings(text: str) -> Iterator[str]:
    content = text.encode(errors="surrogatepass")
    yield from (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1])
    yield from (quote(content, safe=""), quote(content), quote_plus(content))
    yield from (content.hex(), content.hex().upper())
    yield from _aligned(content)


def _alike(text: str) -> str:
    """The text, as long as it was, with every `%2f` as `%2F`: a program may write either, and both in one address."""
    return ESCAPE.sub(lambda found: found[0].upper(), text)


def _without(text: str, form: str) -> str:
    text = text.replace(form, MASK)
    while (at := _alike(text).find(form)) >= 0:
        text = text[:at] + MASK + text[at + len(form) :]
    return text


def _aligned(content: bytes) -> Iterator[str]:
    """Base64 of the value wherever it begins in a longer text, without the characters that its surroundings decide."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + content).decode().rstrip("=")
        inner = encoded[(0, 2, 3)[before] : len(encoded) - bool((before + len(content)) % 3)]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")
