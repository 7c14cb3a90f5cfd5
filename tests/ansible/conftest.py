"""Plays as they are run, against AWS's stand-in alone. The rest of what they touch is in tests/e2e/test_plays.py."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

COUNTED = ("ok", "changed", "failures", "skipped")


@dataclass(frozen=True)
class Played:
    """What a play said: its status, its words, and what it counted."""

    status: int
    text: str

    @property
    def counts(self) -> dict[str, int]:
        stats = json.loads(self.text)["stats"]["platform"]
        return {name: stats[name] for name in COUNTED}

    def results(self) -> dict[str, dict[str, Any]]:
        """Each task's result by its name."""
        plays = json.loads(self.text)["plays"]
        return {task["task"]["name"]: task["hosts"].get("platform", {}) for play in plays for task in play["tasks"]}


@dataclass(frozen=True)
class Account:
    """An empty AWS account, and Ansible with a login to it."""

    root: Path
    program: Path
    variables: dict[str, str]

    def client(self, service: str) -> Any:
        return boto3.client(
            service, endpoint_url=self.variables["AWS_ENDPOINT_URL"], region_name="eu-central-1",
            aws_access_key_id="testing", aws_secret_access_key="testing",
        )  # fmt: skip

    def play(self, name: str, *options: str, environment: str = "local", **variables: str) -> Played:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "ANSIBLE_", "ASSAY_"))}
        done = subprocess.run(
            [self.program, "--inventory", f"inventories/{environment}", f"{name}.yml", *options],
            cwd=self.root / "ansible",
            env=clean | self.variables | {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"} | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return Played(done.returncode, done.stdout or done.stderr)


@pytest.fixture
def account(root: Path, env_python: Callable[[str], Path]) -> Iterator[Account]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    _, port = server.get_host_and_port()
    # What it holds is the process's, and outlives the server: each test begins with an account that is empty.
    requests.post(f"http://127.0.0.1:{port}/moto-api/reset", timeout=30).raise_for_status()
    program = env_python("ansible").with_name("ansible-playbook")
    variables = {
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(root / "ansible" / "ansible.cfg"),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "ASSAY_AIRFLOW_URL": "http://127.0.0.1:9",
    }
    yield Account(root, program, variables)
    server.stop()
