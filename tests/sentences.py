"""Sentences of refusals, with and without the lines they name."""

from __future__ import annotations

import re

LINE = re.compile(r"(?<=\.yml|yaml):(\d+)(?=: )")


def unlined(text: str) -> str:
    """The sentences without line numbers, for tests that say what is wrong and not where. Each must have had one."""
    for sentence in text.splitlines():
        assert LINE.search(sentence), f"names no line: {sentence}"
    return LINE.sub("", text)
