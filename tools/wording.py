"""`python -m tools.wording`: words of this project's own that the field has a word for, in names and in sentences.

Each was renamed once (docs/glossary.md has the words now); this keeps them from coming back. Standard library only.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

INSTEAD = {
    "anew": "again, or the verb itself: rebuild, recreate",
    "furnish": "provision",
    "occasion": "run context",
    "registers": "ledger",
    "strangers": "the roles of other zones",
    "vault": "secrets manager",
    "whoever": "the caller, the reader, the person who",
}
"""The word, and what to write."""

FOLDERS = ("plugins", "local", "tools", "images", "docs", "README.md", "CONTRIBUTING.md")
GENERATED = frozenset(("docs/refusals.md", "tools/wording.py"))
SUFFIXES = (".py", ".md")
WORD = re.compile(rf"(?<![A-Za-z])({'|'.join(INSTEAD)})(ed|s)?(?![A-Za-z])", re.IGNORECASE)


def findings(text: str) -> Iterator[tuple[int, str]]:
    """Give the line and a sentence for each of the words in a text; `_` and capitals divide the words of a name."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in WORD.finditer(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", line)):
            yield number, f"“{found[0]}”: write {INSTEAD[found[1].lower()]}"


def main() -> int:
    """Print every finding; return 1 if there is one."""
    listed = subprocess.run(["git", "ls-files", "-z", *FOLDERS], capture_output=True, text=True, check=True).stdout
    problems = [
        f"{name}:{number}: {sentence}"
        for name in sorted(filter(None, listed.split("\0")))
        if name.endswith(SUFFIXES) and name not in GENERATED and Path(name).exists()
        for number, sentence in findings(Path(name).read_text())
    ]
    print("\n".join(problems) or "no word of our own")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
