"""Bodies of requests that anybody may send: bounded before they are unpacked, and read as JSON or refused."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, Protocol

GZIP = 16 + zlib.MAX_WBITS


class Read(Protocol):
    """A request whose server bounds it, such as aiohttp's."""

    async def read(self) -> bytes: ...


def parsed(content: bytes | str) -> Any:
    """Return the JSON of a body. Raises ValueError for what is none, is nested too deeply, or is no text."""
    try:
        found = json.loads(content)
        text = content if isinstance(content, str) else content.decode("utf-8", "replace")
        if "\\ud" in text or "\\uD" in text:  # half of a character: no file, page or program would take it
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return found


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
