"""`python -m tools.secrets_scan`: what looks like a secret in any file that git keeps. Standard library only.

Shapes that only keys have are searched everywhere; a value beside a key called password only in files of settings, and
unless it is a reference (`${NAME}`, `{{ name }}`) or its line says `no secret` and why.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SHAPES = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}",
    "a key of AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitLab": r"\bgl(?:pat|rt|dt|cbt|ptt)-[\w-]{20,}",
    "a token of GitHub": r"\b(?:gh[pousr]_\w{36,}|github_pat_\w{22,})",
    "a token of Slack": r"\bxox[abprs]-[\w-]{10,}|hooks\.slack\.com/services/T\w+",
    "a signed token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
    "a password in an address": r"\b[a-z][a-z0-9+]*://[^\s/:@{}$<>'\"]+:[^\s/@{}$<>'\"]{6,}@[\w.]",
}
SETTINGS = {".yml", ".yaml", ".json", ".toml", ".ini", ".cfg", ".env", ".tf", ".tfvars", ".tftpl"}
ASSIGNED = re.compile(
    r"""(?i)(?:^|[\s{,"'])(?:[\w.-]*[_.-])?(?:password|passwd|passphrase|token|api_?key|secret_?key|private_?key)["']?
    \s*[:=]\s*["']?(?P<value>[^\s"'{}\[\]$<!&*,;|>()]{6,})["']?(?=[\s,}]|$)""",
    re.VERBOSE | re.MULTILINE,
)
EXCUSED = "no secret"


def findings(name: str, text: str) -> Iterator[str]:
    """A sentence for each thing in the file that looks like a secret; what it is is not repeated."""
    lines = text.splitlines()
    found = {(match.start(), what) for what, shape in SHAPES.items() for match in re.finditer(shape, text)}
    if Path(name).suffix in SETTINGS:
        found |= {(match.start("value"), "a value where a reference belongs") for match in ASSIGNED.finditer(text)}
    for start, what in sorted(found):
        number = text.count("\n", 0, start)
        if EXCUSED not in lines[number]:
            yield f"{name}:{number + 1}: {what}; keep it in Secrets Manager, or say `{EXCUSED}` and why on this line"


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    )
    wrong: list[str] = []
    for name in filter(None, listed.stdout.split("\0")):
        try:
            wrong += findings(name, Path(name).read_text())
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # pictures, and what is deleted but not yet committed
    print("\n".join(wrong) or "nothing looks like a secret")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
