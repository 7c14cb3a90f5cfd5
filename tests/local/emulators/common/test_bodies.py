"""Bodies that were made to hurt: refused, and never unpacked further than their bound."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib

import pytest

from local.emulators.common.bodies import DEEPEST, parsed, too_large, unpacked

MB = 1 << 20


def bomb(size: int) -> bytes:
    return gzip.compress(b"0" * size, 9)


def test_what_fits_is_unpacked() -> None:
    assert unpacked(bomb(MB), MB) == b"0" * MB
    assert unpacked(gzip.compress(b""), MB) == b""


def test_a_bomb_is_never_unpacked_beyond_its_bound() -> None:
    packed = bomb(200 * MB)
    tracemalloc.start()
    with pytest.raises(ValueError, match="unpacks to more than 1048576 bytes"):
        unpacked(packed, MB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MB


@pytest.mark.parametrize(
    "body",
    [b"", b"text", zlib.compress(b"text"), gzip.compress(b"text")[:-4], gzip.compress(b"a") + gzip.compress(b"b"),
     gzip.compress(b"a") + b"more", b"\x1f\x8b" + b"\x00" * 20],
    ids=["empty", "text", "zlib", "cut off", "two files", "more after it", "zeros"],
)  # fmt: skip
def test_what_is_not_one_whole_gzip_file_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"not gzip|cut off"):
        unpacked(body, MB)


@pytest.mark.parametrize("body", [b'"\\ud800"', b'"\\uDFFF\\ud800"', b"\xff", b"", b"9" * 5000, b"{"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (json's own words, or ours)
        parsed(body)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_json_has_a_hundred_levels_at_most(opening: str) -> None:
    """Beyond them, what walks through a document by calls of itself would give up."""

    def nested(levels: int) -> str:
        return opening * levels + "1" + ("]" if opening == "[" else "}") * levels

    assert parsed(nested(DEEPEST))
    for levels in (DEEPEST + 1, 500, 900):
        with pytest.raises(ValueError, match="it is nested too deeply"):
            parsed(nested(levels))


def test_json_is_what_it_is() -> None:
    for value in ({"a": [1, None, "é😀\x00"]}, [], "😀", 0):
        assert parsed(json.dumps(value)) == parsed(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(("announced", "refused"), [
    (None, False), ("0", False), ("10", False), ("11", True), ("-1", True), ("1e9", True), ("²", True),
    ("9" * 5000, True), ("", True),
])  # fmt: skip
def test_a_length_beyond_the_bound_or_none_at_all_is_refused_before_a_byte_is_read(
    announced: str | None, refused: bool
) -> None:
    assert too_large({} if announced is None else {"content-length": announced}, 10) is refused
