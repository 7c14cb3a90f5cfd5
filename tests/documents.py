"""What the documentation says to type and where it points: README.md, docs/, and the READMEs of folders."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = tuple(
    sorted(
        {
            ROOT / "README.md",
            *ROOT.glob("*/README.md"),
            *(ROOT / "local").rglob("README.md"),
            ROOT / "CONTRIBUTING.md",
            *(ROOT / "docs").rglob("*.md"),
        }
    )
)

FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<content>.*?)^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`((?:\./assay|make) [^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
COMMENT = re.compile(r"\s+#\s+(?P<words>.*)$")
SUBSTITUTED = re.compile(r"\$\((.*)\)")


@dataclass(frozen=True)
class Line:
    """A line of a shell block. `fails`: its comment says that it is meant to."""

    page: str
    text: str
    fails: bool

    @property
    def commands(self) -> list[list[str]]:
        """Our own commands in it, in words: `./assay status | awk …` has one, `./assay company next && …` more."""
        return [words for words in _commands(self.text) if words[0] in ("./assay", "make")]


def _commands(text: str) -> list[list[str]]:
    """Every simple command of a shell line, those in `$(…)` too."""
    tokens = shlex.shlex(text, posix=True, punctuation_chars=True)
    tokens.whitespace_split = True
    found: list[list[str]] = [[]]
    for token in tokens:
        if set(token) <= set("();<>|&"):
            found.append([])
            continue
        found[-1].append(token)
        if inner := SUBSTITUTED.search(token):
            found = [*_commands(inner[1]), *found]
    return [words for words in found if words]


def fences(text: str, language: str) -> list[str]:
    return [match["content"] for match in FENCE.finditer(text) if match["language"] == language]


def lines(page: Path, block: str) -> list[Line]:
    """The block's lines, without comments."""
    found = []
    for raw in block.replace("\\\n", " ").splitlines():
        comment = COMMENT.search(raw)
        text = raw[: comment.start()] if comment else raw
        if text.strip():
            fails = bool(comment and comment["words"].startswith("fails"))
            found.append(Line(page.relative_to(ROOT).as_posix(), text.strip(), fails))
    return found


def shell(page: Path) -> list[Line]:
    """Every line that the page's shell blocks tell a user to type."""
    return [line for block in fences(page.read_text(), "sh") for line in lines(page, block)]


def mentioned(page: Path) -> list[str]:
    """Commands in the page's sentences and tables."""
    return INLINE.findall(FENCE.sub("", page.read_text()))


def links(page: Path) -> Iterator[str]:
    for match in LINK.finditer(FENCE.sub("", page.read_text())):
        yield match["target"]


def sections(page: Path) -> dict[str, str]:
    """The page's text by its second-level headings."""
    parts = re.split(r"^## (.+)$", page.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
