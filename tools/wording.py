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
    "blame": "violation, or what breaks the rule",
    "furnish": "provision",
    "judge": "check",
    "judgement": "check results",
    "lets through": "accept, approve",
    "let through": "accepted, approved",
    "mend": "fix",
    "must be given": "required",
    "nobody": "no role, no reader: name who does not",
    "occasion": "run context",
    "quietly": "best_effort",
    "registers": "ledger",
    "somebody": "a person, another deploy: name who does",
    "strangers": "the roles of other zones",
    "told": "reported, alerted, shown",
    "vault": "secrets manager",
    "verdict": "check result",
    "whoever": "the caller, the reader, the person who",
}
"""The word, and what to write."""

MODULES = {
    "applying": "apply", "asking": "ZoneReads", "choice": "model_selection", "decisions": "rules",
    "imports": "import_speed", "judge": "policy_check", "keeper": "process_keeper", "parts": "services",
    "planning": "plan", "plays": "ansible", "quiet": "best_effort", "reading": "snapshot", "register": "ledger",
    "site": "docs_site", "slim": "slim_manifest", "stages": "layer_plan", "terms": "model", "verbs": "lifecycle",
    "wanted": "desired_state", "warned": "pending_warnings", "whole": "single_pod_layer", "words": "error_text",
    "world": "the company, the target",
}  # fmt: skip
"""What a module of the platform was once called, and what it is called now."""

FOLDERS = ("plugins", "local", "tools", "images", "docs", "dags", "dbt", "helm", "terraform", "ansible")
FILES = (".gitlab-ci.yml", "README.md", "CONTRIBUTING.md")
LEFT_OUT = frozenset(("docs/refusals.md", "tools/wording.py"))
SUFFIXES = (".py", ".md", ".sql", ".yml", ".yaml", ".tf", ".hcl", ".rego")
WORD = re.compile(rf"(?<![A-Za-z])({'|'.join(INSTEAD)})(ed|d|s|ing)?(?![A-Za-z])", re.IGNORECASE)


def findings(text: str) -> Iterator[tuple[int, str]]:
    """Give the line and a sentence for each of the words in a text; `_` and capitals divide the words of a name."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in WORD.finditer(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", line)):
            yield number, f"“{found[0]}”: write {INSTEAD[found[1].lower()]}"


def misnamed(path: str) -> Iterator[str]:
    """Give a sentence if a module of the platform has a name of old; the emulators speak their own languages."""
    module = Path(path)
    ours = module.suffix == ".py" and path.startswith(("plugins/", "local/platform/", "local/state/", "tools/"))
    if ours and (instead := MODULES.get(module.stem)):
        yield f"a module is called {module.stem}: call it {instead}"


def main() -> int:
    """Print every finding; return 1 if there is one."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *FOLDERS, *FILES], capture_output=True, text=True, check=True
    ).stdout
    names = [
        name
        for name in sorted(filter(None, listed.split("\0")))
        if name.endswith(SUFFIXES) and name not in LEFT_OUT and Path(name).exists()
    ]
    problems = [
        *(f"{name}: {sentence}" for name in names for sentence in misnamed(name)),
        *(
            f"{name}:{number}: {sentence}"
            for name in names
            for number, sentence in findings(Path(name).read_text())
        ),
    ]  # fmt: skip
    print("\n".join(problems) or "no word of our own")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
