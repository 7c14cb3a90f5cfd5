"""Bodies of requests that anybody may send: bounded before they are unpacked, and read as JSON or refused."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, Protocol

GZIP = 16 + zlib.MAX_WBITS
DEEPEST = 100
"""Levels of a JSON body: more than any client sends, and fewer than make a function that calls itself give up."""


class Read(Protocol):
    """A request whose server bounds it, such as aiohttp's."""

    async def read(self) -> bytes: ...


def parsed(content: bytes | str) -> Any:
    """Return the JSON of a body. Raises ValueError for what is none, has more than DEEPEST levels, or is no text."""
    try:
        found = json.loads(content)
        if _is_deeper(found, DEEPEST):
            raise RecursionError
        text = content if isinstance(content, str) else content.decode("utf-8", "replace")
        if "\\ud" in text or "\\uD" in text:  # half of a character: no file, page or program would take it
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return found


def _is_deeper(document: Any, levels: int) -> bool:
    """Return whether objects and lists lie within each other on more levels, without a call for each."""
    level = [document] if isinstance(document, dict | list) else []
    while level and levels:
        levels -= 1
        level = [
            below
            for each in level
            for below in (each.values() if isinstance(each, dict) else each)
            if isinstance(below, dict | list)
        ]
    return bool(level)


async def json_of(request: Read) -> Any:
    """Return the JSON of a request's body. Raises ValueError."""
    return parsed(await request.read())


def unpacked(content: bytes, most: int) -> bytes:
    """Return what a gzip body holds, never making more than `most` bytes of it. Raises ValueError."""
    stream = zlib.decompressobj(wbits=GZIP)
    try:
        found = stream.decompress(content, most + 1)
    except zlib.error:
        raise ValueError("it is not gzip") from None
    if len(found) > most:
        raise ValueError(f"it unpacks to more than {most} bytes")
    if not stream.eof or stream.unused_data:
        raise ValueError("it is cut off, or more than one gzip file")
    return found


def too_large(headers: Mapping[str, str], most: int) -> bool:
    """Whether the headers announce a body of more than `most` bytes, or of a size that cannot be read."""
    announced = headers.get("content-length")
    if announced is None:
        return False
    plain = announced.isascii() and announced.isdigit() and len(announced) <= 20
    return not plain or int(announced) > most
