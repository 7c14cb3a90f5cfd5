"""Chat markup becomes HTML, and nothing that a sender writes becomes anything else."""

from __future__ import annotations

import pytest

from local.emulators.chat.markup import html


@pytest.mark.parametrize(("text", "shown"), [
    ("*weather* (local)", "<p><strong>weather</strong> (local)</p>"),
    ("task `approve.weather` failed.", "<p>task <code>approve.weather</code> failed.</p>"),
    ("select count(*) from a, 2 * 3 * 4", "<p>select count(*) from a, 2 * 3 * 4</p>"),
    ("> why\nand on", "<blockquote>why</blockquote><p>and on</p>"),
    ("one\ntwo", "<p>one<br>two</p>"),
    ("```\na *b*\n c\n```", "<pre>a *b*\n c</pre>"),
    ("<https://example.com/a?b=1&amp;c=2|Log>", '<p><a href="https://example.com/a?b=1&amp;c=2">Log</a></p>'),
    ("<http://127.0.0.1/x>", '<p><a href="http://127.0.0.1/x">http://127.0.0.1/x</a></p>'),
])  # fmt: skip
def test_it_shows_what_a_chat_would(text: str, shown: str) -> None:
    assert html(text) == shown


@pytest.mark.parametrize("text", [
    "<script>alert(1)</script>", "&lt;script&gt;", "*<img src=x onerror=alert(1)>*", "<javascript:alert(1)|click>",
    '<https://example.com/"onmouseover="alert(1)|words>', "```<script>```", "`<script>`", "> <script>",
])  # fmt: skip
def test_no_tag_and_no_attribute_comes_from_a_sender(text: str) -> None:
    shown = html(text)
    for own in ("p", "strong", "code", "pre", "blockquote"):
        shown = shown.replace(f"<{own}>", "").replace(f"</{own}>", "")
    shown = shown.replace('<a href="https://example.com/&#34;onmouseover=&#34;alert(1)">', "").replace("</a>", "")
    assert "<" not in shown
    assert '"' not in shown


@pytest.mark.parametrize("text", ["<http://a", "<http://a|", "```", "`", "*a", "> ", "&amp;", "*a*"])
def test_a_long_message_of_beginnings_takes_no_longer_than_its_length(text: str) -> None:
    """A pattern that looked to the end of the text from each of its beginnings would not come back here."""
    assert html(text * 100_000)
