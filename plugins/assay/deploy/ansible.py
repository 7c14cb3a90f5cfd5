"""Ansible's plays on an environment, with the caller's login."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from assay.errors import AssayError


class NoSuchPlay(AssayError):
    """A play or an environment that is not in ansible/."""


def run(
    root: Path, program: Path, play: str, environment: str, options: Sequence[str], variables: Mapping[str, str]
) -> int:
    """Return ansible-playbook's exit code. `options` are handed to it. Raises NoSuchPlay for what is not there."""
    folder = root / "ansible"
    plays = sorted(path.stem for path in folder.glob("*.yml") if path.stem != "lint")
    environments = sorted(path.name for path in (folder / "inventories").iterdir())
    for name, known, kind in ((play, plays, "play"), (environment, environments, "environment")):
        if name not in known:
            raise NoSuchPlay(f"There is no {kind} “{name}” in ansible/: there are {', '.join(known)}.")
    command = [str(program), "--inventory", f"inventories/{environment}", f"{play}.yml", *options]
    own = {"ANSIBLE_CONFIG": str(folder / "ansible.cfg"), "ASSAY_ENV": environment}
    if program.parent.is_absolute():  # modules call Ansible's other programs by name
        own["PATH"] = os.pathsep.join([str(program.parent), variables["PATH"]])
    return subprocess.run(command, cwd=folder, env={**variables, **own}, check=False).returncode
