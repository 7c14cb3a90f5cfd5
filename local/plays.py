"""`./assay play`: Ansible with the caller's login to an environment; to this machine's, the one a cloud would give."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from local import files
from local.endpoints import Endpoints
from local.layout import Layout
from local.tls import trust_bundle


def run(layout: Layout, play: str, environment: str, options: Sequence[str]) -> int:
    """ansible-playbook's exit code. `options` are handed to it. Raises StateError for what is not there."""
    folder = layout.root / "ansible"
    plays = sorted(path.stem for path in folder.glob("*.yml") if path.stem != "lint")
    environments = sorted(path.name for path in (folder / "inventories").iterdir())
    for name, known, kind in ((play, plays, "play"), (environment, environments, "environment")):
        if name not in known:
            raise files.StateError(f"There is no {kind} “{name}” in ansible/: there are {', '.join(known)}.")
    command = [str(layout.python("ansible").with_name("ansible-playbook")), "--inventory", f"inventories/{environment}"]
    variables = {**os.environ, **surroundings(layout, environment)}
    return subprocess.run([*command, f"{play}.yml", *options], cwd=folder, env=variables, check=False).returncode


def surroundings(layout: Layout, environment: str) -> dict[str, str]:
    """What Ansible is told by its environment: of programs, and of the platform that runs here."""
    path = os.pathsep.join([str(layout.python("ansible").parent), os.environ["PATH"]])
    found = {"PATH": path, "ANSIBLE_CONFIG": str(layout.root / "ansible" / "ansible.cfg"), "ASSAY_ENV": environment}
    if environment != "local":
        return found
    trust_bundle(layout)
    endpoints = Endpoints(layout)
    bundle = {name: os.environ[name] for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE") if name in os.environ}
    return found | endpoints.aws_environment() | bundle | {"ASSAY_AIRFLOW_URL": endpoints.airflow}
